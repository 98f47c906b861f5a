"""What a class of ours uses of a library's class that the library does not promise."""

import ast
import inspect


def _attributes(class_: type) -> set[str]:
    """Return the names that the code of a class reads or sets on `self`, and those it defines."""
    tree = ast.parse(inspect.cleandoc("\n" + inspect.getsource(class_)))
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and _is_self(node.value)
    }
    return used | set(vars(class_))


def _is_self(node: ast.expr) -> bool:
    """Tell whether an expression is `self` or `super()`."""
    name = node.func if isinstance(node, ast.Call) else node
    return isinstance(name, ast.Name) and name.id in ("self", "super")


def set_by(class_: type) -> set[str]:
    """Return the names of the attributes that the code of a class sets."""
    tree = ast.parse(inspect.cleandoc("\n" + inspect.getsource(class_)))
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    }


def missing_of(own: type, library: type) -> set[str]:
    """Return the names that `own` uses, and neither we define nor `library`.

    Args:
        own: A class of ours; those between it and the library's are looked at too.
        library: The class of the library that it inherits.
    """
    ours = [each for each in own.__mro__ if not issubclass(library, each)]
    used = {name for each in ours for name in _attributes(each)}
    known = {name for each in ours for name in set_by(each) | set(vars(each))}
    inherited = {name for each in library.__mro__[:-1] for name in _attributes(each)}
    return used - known - inherited

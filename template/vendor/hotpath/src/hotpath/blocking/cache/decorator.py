# Generated from hotpath/aio/cache/decorator.py by extensions/blocking.py; do not edit.
"""`@cached`: a function that is read through the cache."""

from collections.abc import Callable, Iterable
from functools import partial, update_wrapper
from inspect import signature
from typing import Any, Generic, ParamSpec, TypeVar, Unpack

from hotpath.blocking.cache.cache import Cache
from hotpath.blocking.cache.tiers import Options
from hotpath.blocking.concurrency import require_same_kind
from hotpath.cache.codec import codec_of
from hotpath.cache.keys import key_of, require_names

P = ParamSpec("P")
T = TypeVar("T")


class CachedFunction(Generic[P, T]):
    """A function that takes the cache as one more argument, the first."""

    def __init__(
        self,
        function: Callable[P, T],
        name: str,
        ignore: Iterable[str],
        options: Options,
    ) -> None:
        require_same_kind(function)
        update_wrapper(self, function)
        self._function = function
        self._signature = signature(function)
        if next(iter(self._signature.parameters), None) in ("self", "cls"):
            raise TypeError(f"{name} is a method: cache a function, and call that in the method")
        key_of(name)  # raises for a wrong one
        require_names(options.get("tags", ()))
        self._name = name
        self._ignore = frozenset(require_names(ignore))
        self._options = options
        if unknown := self._ignore - set(self._signature.parameters):
            raise TypeError(f"{name} has no parameter {', '.join(sorted(unknown))}")

    def __call__(self, cache: Cache, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return the cached result for these arguments, or call the function."""
        load = partial(self._function, *args, **kwargs)
        return cache.get_or_load(self.key(*args, **kwargs), load, **self._options)

    def refresh(self, cache: Cache, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call the function now and cache its result."""
        load = partial(self._function, *args, **kwargs)
        return cache.refresh(self.key(*args, **kwargs), load, **self._options)

    def invalidate(self, cache: Cache, *args: P.args, **kwargs: P.kwargs) -> None:
        """Invalidate the result for these arguments."""
        cache.invalidate(self.key(*args, **kwargs))

    def key(self, *args: P.args, **kwargs: P.kwargs) -> str:
        """Return the key of these arguments, however they are passed.

        Raises:
            TypeError: an argument cannot be part of a key, and is not in `ignore`.
        """
        bound = self._signature.bind(*args, **kwargs)
        bound.apply_defaults()
        parts = [part for name, part in bound.arguments.items() if name not in self._ignore]
        return key_of(self._name, *parts)


def cached(
    type_: Any, *, name: str, ignore: Iterable[str] = (), **options: Unpack[Options]
) -> Callable[[Callable[P, T]], CachedFunction[P, T]]:
    """Read a function through the cache: what was `f(…)` is called as `f(cache, …)`.

    A blocking function of an async service is made async first: `@in_thread` below this.

    Args:
        type_: What it returns when it does not return None; see `codec_of`.
        name: The first part of its keys; no other function may have it.
        ignore: Parameters that do not change the result, such as the connection to load with. All
            others are part of the key.
        options: See `Options`.
    Raises:
        TypeError: at the decoration: a method, a blocking function in an async service, or the
            reverse, or a parameter to ignore that it does not have.
    """
    all_options: Options = {"codec": codec_of(type_), **options}
    return lambda function: CachedFunction(function, name, ignore, all_options)

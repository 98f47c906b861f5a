"""The operations of the features. Add yours here."""

from hotpath.testing.operations import Operation

USER, POSTS = "/users/{user_id}", "/users/{user_id}/posts"
BULK = "/users/bulk"
ID = ("user_id",)
PAGE = ("limit", "cursor")
FILTERS = ("status", "created_after", "order", "count", "include")

FEATURES = (
    Operation("get", "/users", "list_users", 200, "UserPage", (), PAGE + FILTERS),
    Operation("post", "/users", "create_user", 201, "UserOut", (409,), (), "UserCreate"),
    Operation("post", BULK, "create_users", 201, "UsersInserted", (409, 413), (), "NewUsers"),
    Operation("patch", BULK, "update_users", 200, "UsersUpdated", (409, 413), (), "UserChanges"),
    Operation("get", "/users/stats", "read_user_stats", 200, "UserStats"),
    Operation("get", "/users/export", "export_users", 200, "", (503,), ("format",)),
    Operation("get", USER, "read_user", 200, "UserOut", (404,), ID),
    Operation("get", f"{USER}/avatar", "read_user_avatar", 200, "Avatar", (404, 502, 503, 504), ID),
    Operation("patch", USER, "update_user", 200, "UserOut", (404, 409), ID, "UserUpdate"),
    Operation("delete", USER, "delete_user", 204, "", (404,), ID),
    Operation("get", POSTS, "list_posts", 200, "PostPage", (404,), ID + PAGE),
    Operation("post", POSTS, "create_post", 201, "PostOut", (404,), ID, "PostCreate"),
    Operation("post", f"{USER}/welcome", "welcome_user", 202, "TaskAccepted", (404, 503), ID),
)

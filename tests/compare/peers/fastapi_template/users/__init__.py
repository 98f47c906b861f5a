"""Users API."""

from shop_ft.web.api.users.views import router

__all__ = ["router"]

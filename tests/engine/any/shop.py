"""The service that the tests are laid over."""

from hotpath.service import Service
from hotpath.testing.servers import server_kinds

import package_name

SERVICE = Service(package_name.__name__)
PREFIX = SERVICE.env_prefix
KINDS = server_kinds(SERVICE)

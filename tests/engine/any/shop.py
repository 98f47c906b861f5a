"""The service that the tests are laid over."""

import package_name
from hotpath.service import Service
from hotpath.testing.servers import server_kinds

SERVICE = Service(package_name.__name__)
PREFIX = SERVICE.env_prefix
KINDS = server_kinds(SERVICE)

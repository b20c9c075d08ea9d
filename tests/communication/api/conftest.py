from tests.gateway.conftest import calling, client_with

__all__ = ["calling", "client_with"]

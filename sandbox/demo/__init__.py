"""The whole product on one machine, with stand-ins for everything outside: ./dev demo."""

"""Who answers what: read the parameters, call one service, answer."""

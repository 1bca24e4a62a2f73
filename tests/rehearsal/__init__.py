"""What a deployment does, on one machine, without Docker or Google: ./dev rehearse."""

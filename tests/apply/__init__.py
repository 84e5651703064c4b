"""Hold the protocol against every fault a gateway can have."""

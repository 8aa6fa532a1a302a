"""The local stack: all of Tandem on one machine, for `tandem demo` and `tandem up`."""

//! Lists of market prices.

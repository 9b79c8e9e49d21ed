//! The marketplace while the processes of its functions are killed.
//!
//! A binary of its own, since whatever runs beside it would be disturbed, and cargo runs one test binary after the other. It brings up a stack of
//! its own besides, with short holds.

#[cfg(test)]
mod books;
#[cfg(test)]
mod buyers;
#[cfg(test)]
mod killer;
#[cfg(test)]
mod own_stack;
#[cfg(test)]
mod rest;
#[cfg(test)]
mod units;

//! What changes tell: every edge of an entity once, from images as the store writes them.

#[cfg(test)]
mod carts;
#[cfg(test)]
mod catalogue;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod images;
#[cfg(test)]
mod money;
#[cfg(test)]
mod orders;
#[cfg(test)]
mod people;
#[cfg(test)]
mod privacy;
#[cfg(test)]
mod shipments;
#[cfg(test)]
mod stock;
#[cfg(test)]
mod work;

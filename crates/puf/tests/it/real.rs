//! The five genuine chips.

use puf::report::{Demand, qualify};

use crate::data;

#[test]
fn qualification() {
    let Some(dir) = data::sram() else { return };
    let q = qualify(&data::genuine(&dir), Demand::STANDARD);
    println!("{}", q.text());
}

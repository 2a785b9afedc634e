//! The studies on a trial scale, and what makes their claims fail.

mod common;
mod seleznova_kutyniok_2021;
mod seleznova_kutyniok_2022;

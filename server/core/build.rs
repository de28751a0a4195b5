//! A new migration must rebuild the program that carries it.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
}

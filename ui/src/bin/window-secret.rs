//! The page of the window of secrets.

fn main() {
    bithedge_ui::show_secret();
}

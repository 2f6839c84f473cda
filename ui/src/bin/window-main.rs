//! The main window's page.

fn main() {
    bithedge_ui::show_main();
}

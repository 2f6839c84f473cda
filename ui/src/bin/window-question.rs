//! The page of the window of questions.

fn main() {
    bithedge_ui::show_question();
}

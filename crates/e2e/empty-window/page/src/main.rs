//! The page of the empty window: a heading, by the same framework and in the same way as the application's page.

use leptos::prelude::*;

fn main() {
    leptos::mount::mount_to_body(|| view! { <h1 data-testid="heading">"An empty window"</h1> });
}

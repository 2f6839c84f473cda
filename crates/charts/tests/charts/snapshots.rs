//! The pictures of the examples, byte for byte as they were looked at.
//!
//! `UPDATE_SNAPSHOTS=1` writes them again, to be looked at again; `CHARTS_TO=FOLDER` writes all of them there too.

use std::path::Path;

use bithedge_charts::{Chart, Frame, Theme};

use super::samples;

/// Each example at both widths and in both themes, with the name of its snapshot.
pub(crate) fn drawn() -> Vec<(String, Chart)> {
    let mut charts = Vec::new();
    for sample in &samples::ALL {
        for (width, theme) in
            [(320, Theme::Light), (320, Theme::Dark), (1_600, Theme::Light), (1_600, Theme::Dark)]
        {
            let suffix = if theme == Theme::Light { "light" } else { "dark" };
            let name = format!("{}-{width}-{suffix}", sample.name);
            let frame = Frame { id: &name, width, theme };
            charts.push((name.clone(), (sample.draw)(&frame)));
        }
    }
    charts
}

#[test]
fn pictures_are_those_that_were_looked_at() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots");
    let mut changed = Vec::new();
    for (name, chart) in drawn() {
        let file = folder.join(format!("{name}.svg"));
        if let Some(extra) = std::env::var_os("CHARTS_TO") {
            std::fs::create_dir_all(&extra).unwrap();
            std::fs::write(Path::new(&extra).join(format!("{name}.svg")), &chart.svg).unwrap();
        }
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            std::fs::write(&file, &chart.svg).unwrap();
        } else if std::fs::read_to_string(&file).ok().as_deref() != Some(chart.svg.as_str()) {
            changed.push(name);
        }
    }
    assert!(
        changed.is_empty(),
        "these look different, or are new: {changed:?}; UPDATE_SNAPSHOTS=1 keeps them"
    );
}

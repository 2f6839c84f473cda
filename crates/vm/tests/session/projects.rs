use bithedge_vm::session::ProjectError;
use bithedge_vm::{Options, Project, Session};

/// A project of three files, whose order is neither the alphabet's nor that of the dependencies.
fn on_disk() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("below")).unwrap();
    let mut manifest = String::from("[project]\nname = \"p\"\n");
    for (name, source) in [
        ("zebra", "(define-read-only (f) u1)\n(define-read-only (g) u2)"),
        ("middle", "(define-read-only (f) (contract-call? .apple f))\n(define-read-only (g) u2)"),
        ("apple", "(define-read-only (f) u3)\n(define-read-only (g) u2)"),
    ] {
        let path = format!("below/{name}.clar");
        std::fs::write(folder.path().join(&path), source).unwrap();
        manifest.push_str(&format!(
            "[contracts.{name}]\npath = \"{path}\"\nclarity_version = 6\nepoch = \"4.0\"\n"
        ));
    }
    std::fs::write(folder.path().join("Clarinet.toml"), manifest).unwrap();
    folder
}

fn names(project: &Project) -> Vec<&str> {
    project.contracts().iter().map(|contract| contract.name.as_str()).collect()
}

#[test]
fn a_manifest_is_read_in_its_order_and_cut_to_size() {
    let folder = on_disk();
    let project = Project::load(folder.path().join("Clarinet.toml")).unwrap();
    assert_eq!(names(&project), ["zebra", "middle", "apple"]);
    assert!(project.contracts()[1].path.as_ref().unwrap().ends_with("below/middle.clar"));
    let some = project.clone().only(&["apple", "middle"]).unwrap();
    assert_eq!(names(&some), ["middle", "apple"]);
    assert!(matches!(project.clone().only(&["pear"]), Err(ProjectError::Unknown(name)) if name == "pear"));
    assert!(matches!(project.clone().with("apple", ""), Err(ProjectError::Duplicate(_))));
    assert!(matches!(project.clone().replace("pear", ""), Err(ProjectError::Unknown(_))));
    assert!(matches!(project.with("1st", ""), Err(ProjectError::Name(_))));

    let replaced = some.replace("apple", "(define-read-only (f) u4)\n(define-read-only (g) u2)").unwrap();
    assert_eq!(replaced.contracts()[1].path, None);
    let mut session = Session::start(replaced, Options::default()).unwrap();
    let read = session.read("middle", "f", &[]).unwrap();
    assert_eq!(read.value().unwrap().as_uint().unwrap(), 4);
}

#[test]
fn a_manifest_that_cannot_be_used_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = folder.path().join("Clarinet.toml");
    assert!(matches!(Project::load(&manifest), Err(ProjectError::Unreadable { .. })));
    for (text, said) in [
        ("[contracts", "Clarinet.toml"),
        ("[contracts.a]\npath = \"a.clar\"\nepoch = \"4.0\"\n", "clarity_version"),
        ("[contracts.a]\npath = \"a.clar\"\nclarity_version = 6\nepoch = \"4.0\"\n", "a.clar"),
    ] {
        std::fs::write(&manifest, text).unwrap();
        let error = Project::load(&manifest).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn a_relative_path_is_found_from_any_crate() {
    // Tests run in their crate's folder; the manifest stands two folders above it.
    let project = Project::load("contracts/Clarinet.toml").unwrap();
    assert!(!project.contracts().is_empty());
    assert!(matches!(Project::load("contracts/absent.toml"), Err(ProjectError::Unreadable { .. })));
}

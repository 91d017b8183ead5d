//! Both forms keep every promise of the port.

use async_trait::async_trait;
use causerie_destination::{Destination, Destinations, Place, conformance::World};
use causerie_destination_folder::Folders;
use std::{fs, sync::Arc};
use tempfile::TempDir;

struct Disk {
    directory: TempDir,
    zip: bool,
}

#[async_trait]
impl World for Disk {
    async fn open(&self) -> Arc<dyn Destination> {
        let place = Place {
            directory: self.directory.path().display().to_string(),
            zip: self.zip,
        };
        Folders::new().at(&place).expect("a place")
    }

    async fn crash(&self, export: &str) {
        let folder = self.directory.path().join(format!(".staging-{export}"));
        fs::create_dir(&folder).expect("a folder");
        fs::write(folder.join("old.txt"), "old").expect("a file");
        let packed = self.directory.path().join(format!(".staging-{export}.zip"));
        fs::write(packed, "half a zip").expect("a file");
    }

    async fn spoil(&self) {
        fs::remove_dir(self.directory.path()).expect("it was empty");
    }

    async fn litter(&self) -> Vec<String> {
        fs::read_dir(self.directory.path())
            .expect("a directory")
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect()
    }
}

fn disk(zip: bool) -> Disk {
    Disk {
        directory: TempDir::new().expect("a directory"),
        zip,
    }
}

mod folders {
    async fn fresh() -> impl causerie_destination::conformance::World {
        super::disk(false)
    }
    causerie_destination::conformance_tests!(fresh);
}

mod zips {
    async fn fresh() -> impl causerie_destination::conformance::World {
        super::disk(true)
    }
    causerie_destination::conformance_tests!(fresh);
}

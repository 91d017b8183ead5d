//! Verifies an export in a folder or in a zip, with nothing but the public key.

use causerie_proof::{
    PublicKey,
    export::{Files, Reading, VerifiedExport, Wrong, verify},
};
use std::{
    fs::{self, File},
    io::BufReader,
    path::{Path, PathBuf},
};
use zip::ZipArchive;

/// Verifies the export at `path`. Files are read as streams; see [`causerie_proof::export`] for what is in memory.
///
/// # Errors
/// [`Wrong`] names what is wrong, or can't be read.
pub(crate) fn verify_folder(
    path: &Path,
    key: &PublicKey,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<VerifiedExport, Wrong> {
    if path.is_dir() {
        verify(&Folder(path), key, progress)
    } else {
        verify(&Zip(path.to_owned()), key, progress)
    }
}

struct Folder<'a>(&'a Path);

impl Files for Folder<'_> {
    fn names(&self) -> Result<Vec<String>, String> {
        let entries = fs::read_dir(self.0).map_err(|error| error.to_string())?;
        entries
            .map(|entry| match entry {
                Ok(entry) => Ok(entry.file_name().to_string_lossy().into_owned()),
                Err(error) => Err(error.to_string()),
            })
            .collect()
    }

    fn read(&self, name: &str, reading: Reading<'_>) -> Result<(), String> {
        let path = self.0.join(name);
        // What a link leads to isn't of the export; and a pipe would never end.
        let is_file = fs::symlink_metadata(&path).is_ok_and(|found| found.is_file());
        if !is_file {
            return Err("it is no file".to_owned());
        }
        let file = File::open(path).map_err(|error| error.to_string())?;
        reading(&mut BufReader::new(file))
    }
}

/// Opened for each file anew, so that two can be read at once.
struct Zip(PathBuf);

impl Zip {
    fn open(&self) -> Result<ZipArchive<BufReader<File>>, String> {
        let file = File::open(&self.0).map_err(|error| error.to_string())?;
        ZipArchive::new(BufReader::new(file)).map_err(|error| error.to_string())
    }
}

impl Files for Zip {
    fn names(&self) -> Result<Vec<String>, String> {
        let archive = self.open()?;
        let name = |name: Result<std::borrow::Cow<'_, str>, zip::result::ZipError>| match name {
            Ok(name) => Ok(name.into_owned()),
            Err(error) => Err(error.to_string()),
        };
        archive.file_names().map(name).collect()
    }

    fn read(&self, name: &str, reading: Reading<'_>) -> Result<(), String> {
        let mut archive = self.open()?;
        let file = archive.by_name(name).map_err(|error| error.to_string())?;
        reading(&mut BufReader::new(file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use causerie_proof::{Manifest, SigningKey, manifest};
    use std::{collections::BTreeMap, io::Write};
    use zip::{ZipWriter, write::SimpleFileOptions};

    fn key(seed: u8) -> SigningKey {
        let mut pkcs8 = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20".to_vec();
        pkcs8.extend([seed; 32]);
        SigningKey::from_pkcs8(&pkcs8).unwrap()
    }

    /// An export of no record.
    fn files() -> BTreeMap<String, Vec<u8>> {
        let empty = causerie_proof::File {
            bytes: 0,
            sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".to_owned(),
        };
        let names = [
            manifest::RECORDS,
            manifest::CHECKPOINTS,
            manifest::LEAVES,
            "a.csv",
        ];
        let signed = Manifest {
            complete: true,
            files: names.map(|name| (name.to_owned(), empty.clone())).into(),
            ..Manifest::default()
        }
        .sign(&key(1));
        let mut files: BTreeMap<_, _> = names.map(|name| (name.to_owned(), Vec::new())).into();
        files.insert(manifest::MANIFEST.to_owned(), signed.manifest);
        files.insert(manifest::SIGNATURE.to_owned(), signed.signature);
        files
    }

    fn verdict(path: &Path) -> Result<VerifiedExport, String> {
        verify_folder(path, &key(1).public(), &mut |_, _| {}).map_err(|wrong| wrong.to_string())
    }

    /// The verdict on these files in a folder and in a zip: the same.
    fn both(files: &BTreeMap<String, Vec<u8>>) -> Result<VerifiedExport, String> {
        let dir = tempfile::tempdir().unwrap();
        let (folder, archive) = (dir.path().join("export"), dir.path().join("export.zip"));
        fs::create_dir(&folder).unwrap();
        let mut zip = ZipWriter::new(File::create(&archive).unwrap());
        for (name, bytes) in files {
            File::create(folder.join(name)).unwrap().write_all(bytes).unwrap();
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap();
        let found = verdict(&folder);
        assert_eq!(found, verdict(&archive));
        found
    }

    #[test]
    fn a_folder_and_a_zip_are_verified_alike() {
        assert!(both(&files()).is_ok());
        let mut changed = files();
        changed.insert("a.csv".to_owned(), b"x".to_vec());
        assert_eq!(
            both(&changed).unwrap_err(),
            "a.csv was changed: it has 1 bytes more than it had"
        );
        let mut missing = files();
        missing.remove("a.csv");
        assert_eq!(both(&missing).unwrap_err(), "a.csv is missing");
        let mut added = files();
        added.insert("b.csv".to_owned(), Vec::new());
        assert_eq!(
            both(&added).unwrap_err(),
            "b.csv was added: the manifest doesn't name it"
        );
    }

    #[test]
    fn what_is_no_export_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(verdict(dir.path()).unwrap_err(), "manifest.json is missing");
        assert!(
            verdict(&dir.path().join("none"))
                .unwrap_err()
                .starts_with("the export can't be read: ")
        );
        let no_zip = dir.path().join("x.zip");
        File::create(&no_zip).unwrap().write_all(b"no zip").unwrap();
        assert!(
            verdict(&no_zip)
                .unwrap_err()
                .starts_with("the export can't be read: ")
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_no_file_of_an_export() {
        let dir = tempfile::tempdir().unwrap();
        for (name, bytes) in files() {
            File::create(dir.path().join(name))
                .unwrap()
                .write_all(&bytes)
                .unwrap();
        }
        fs::remove_file(dir.path().join("a.csv")).unwrap();
        std::os::unix::fs::symlink("/dev/null", dir.path().join("a.csv")).unwrap();
        assert_eq!(
            verdict(dir.path()).unwrap_err(),
            "a.csv can't be read: it is no file"
        );
    }
}

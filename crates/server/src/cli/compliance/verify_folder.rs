//! Verifies exports in folders or in zips, with nothing but the public key.

use causerie_proof::{
    PublicKey,
    export::{Files, Reading, Series, Stretch, VerifiedExport, Wrong, verify},
    manifest,
};
use std::{
    cell::RefCell,
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
        verify(&Zip::new(path), key, progress)
    }
}

/// Verifies the exports at `paths`, and that they fit together and none is missing between them. A directory that is no
/// export itself stands for the exports in it. Each adapter's part of the whole.
///
/// # Errors
/// What is wrong, in words; with the path if it is with one of several.
pub(crate) fn verify_folders(
    paths: &[PathBuf],
    key: &PublicKey,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Vec<Stretch>, String> {
    let mut exports = Vec::new();
    for path in paths {
        exports.extend(exports_at(path).map_err(|error| format!("{}: {error}", path.display()))?);
    }
    let mut series = Series::default();
    for path in &exports {
        let verified = verify_folder(path, key, progress).map_err(|wrong| match exports.len() {
            1 => wrong.to_string(),
            _ => format!("{}: {wrong}", path.display()),
        })?;
        series.add(&verified);
    }
    series.finish().map_err(|wrong| wrong.to_string())
}

/// The export at this path, or those in it: all folders and zips but those with a point first, which aren't whole.
fn exports_at(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    let own = [manifest::MANIFEST, manifest::SIGNATURE, manifest::RECORDS];
    if !path.is_dir() || own.iter().any(|name| path.join(name).exists()) {
        return Ok(vec![path.to_owned()]);
    }
    let mut exports = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let export = entry.path();
        let zip = export.extension().is_some_and(|extension| extension == "zip");
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if !hidden && (zip || export.is_dir()) {
            exports.push(export);
        }
    }
    exports.sort();
    if exports.is_empty() {
        exports.push(path.to_owned());
    }
    Ok(exports)
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

/// A zip of files, or of one folder with files in it.
struct Zip<'a> {
    path: &'a Path,
    /// Opened and not in use: its list of entries is read once for each file that is open at one time.
    idle: RefCell<Vec<Opened>>,
}

struct Opened {
    archive: ZipArchive<BufReader<File>>,
    /// What all names begin with: the folder that they are in, with its `/`; nothing if they are in none, or in several.
    folder: String,
}

impl<'a> Zip<'a> {
    fn new(path: &'a Path) -> Self {
        Self {
            path,
            idle: RefCell::default(),
        }
    }

    /// Does something with it opened.
    fn with<T>(&self, work: impl FnOnce(&mut Opened) -> Result<T, String>) -> Result<T, String> {
        let idle = self.idle.borrow_mut().pop();
        let mut opened = match idle {
            Some(opened) => opened,
            None => Opened::open(self.path)?,
        };
        let done = work(&mut opened);
        self.idle.borrow_mut().push(opened);
        done
    }
}

impl Opened {
    fn open(path: &Path) -> Result<Self, String> {
        let file = File::open(path).map_err(|error| error.to_string())?;
        let archive = ZipArchive::new(BufReader::new(file)).map_err(|error| error.to_string())?;
        let folder = {
            let mut names = archive.file_names_raw().map(String::from_utf8_lossy);
            let first = names.next().unwrap_or_default();
            let folder = first.split_once('/').map(|(folder, _)| format!("{folder}/"));
            folder.filter(|folder| names.all(|name| name.starts_with(folder)))
        };
        let folder = folder.unwrap_or_default();
        Ok(Self { archive, folder })
    }
}

impl Files for Zip<'_> {
    fn names(&self) -> Result<Vec<String>, String> {
        self.with(|Opened { archive, folder }| {
            // Who unpacks it gets one of them, and nobody knows which.
            if archive.has_duplicate_names() {
                return Err("two files in it have the same name".to_owned());
            }
            let mut names = Vec::new();
            for name in archive.file_names() {
                let name = name.map_err(|error| error.to_string())?;
                match name.strip_prefix(folder.as_str()) {
                    // The folder itself.
                    Some("") => {}
                    Some(name) => names.push(name.to_owned()),
                    None => names.push(name.into_owned()),
                }
            }
            Ok(names)
        })
    }

    fn read(&self, name: &str, reading: Reading<'_>) -> Result<(), String> {
        self.with(|Opened { archive, folder }| {
            let file = archive
                .by_name(&format!("{folder}{name}"))
                .map_err(|error| error.to_string())?;
            reading(&mut BufReader::new(file))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use causerie_destination::{Destinations, Place};
    use causerie_destination_folder::Folders;
    use causerie_proof::{Manifest, SigningKey, manifest};
    use std::{collections::BTreeMap, io::Write};
    use zip::{ZipWriter, write::SimpleFileOptions};

    fn key(seed: u8) -> SigningKey {
        let mut pkcs8 = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20".to_vec();
        pkcs8.extend([seed; 32]);
        SigningKey::from_pkcs8(&pkcs8).unwrap()
    }

    fn files() -> BTreeMap<String, Vec<u8>> {
        empty("night-0", 0)
    }

    /// An export of no record.
    fn empty(batch: &str, position: u64) -> BTreeMap<String, Vec<u8>> {
        let empty = causerie_proof::File {
            bytes: 0,
            sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".to_owned(),
        };
        let names = [manifest::RECORDS, manifest::CHECKPOINTS, manifest::NODES, "a.csv"];
        let signed = Manifest {
            after: position,
            batch: batch.to_owned(),
            complete: true,
            of: "night".to_owned(),
            up_to: position,
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

    /// The same files as [`Folders`] makes a zip of them.
    async fn delivered(files: &BTreeMap<String, Vec<u8>>, directory: &Path, export: &str) -> PathBuf {
        let place = Place {
            directory: directory.display().to_string(),
            zip: true,
        };
        let destination = Folders::new().at(&place).unwrap();
        let mut staging = destination.begin(export).await.unwrap();
        for (name, bytes) in files {
            staging.write(name, bytes).await.unwrap();
        }
        staging.commit().await.unwrap();
        directory.join(format!("{export}.zip"))
    }

    #[tokio::test]
    async fn a_zip_as_it_is_delivered_is_verified() {
        let dir = tempfile::tempdir().unwrap();
        let zip = delivered(&files(), dir.path(), "night-1").await;
        assert!(verdict(&zip).is_ok());
        let mut changed = files();
        changed.insert("a.csv".to_owned(), b"x".to_vec());
        let zip = delivered(&changed, dir.path(), "night-2").await;
        assert_eq!(
            verdict(&zip).unwrap_err(),
            "a.csv was changed: it has 1 bytes more than it had"
        );
    }

    /// A zip with these entries.
    fn zip(path: &Path, entries: &[(String, Vec<u8>)]) {
        let mut zip = ZipWriter::new(File::create(path).unwrap());
        for (name, bytes) in entries {
            if name.ends_with('/') {
                zip.add_directory(name.as_str(), SimpleFileOptions::default())
                    .unwrap();
            } else {
                zip.start_file(name.as_str(), SimpleFileOptions::default())
                    .unwrap();
                zip.write_all(bytes).unwrap();
            }
        }
        zip.finish().unwrap();
    }

    #[test]
    fn a_zip_has_one_folder_and_each_name_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.zip");
        let within = |folder: &str| {
            let named = files()
                .into_iter()
                .map(|(name, bytes)| (format!("{folder}{name}"), bytes));
            named.collect::<Vec<_>>()
        };
        // As others pack a folder.
        let mut entries = within("x/");
        entries.insert(0, ("x/".to_owned(), Vec::new()));
        zip(&path, &entries);
        assert!(verdict(&path).is_ok());
        let mut two = within("x/");
        two.extend(within("y/"));
        zip(&path, &two);
        assert_eq!(verdict(&path).unwrap_err(), "manifest.json is missing");
        let mut deep = within("x/");
        deep.push(("x/more/b.csv".to_owned(), Vec::new()));
        zip(&path, &deep);
        assert_eq!(
            verdict(&path).unwrap_err(),
            "more/b.csv was added: the manifest doesn't name it"
        );
        // Two entries of one name, which no tool that we know of writes: a name is changed in the bytes of the zip.
        let mut doubled = within("");
        doubled.push(("b.csv".to_owned(), b"other".to_vec()));
        zip(&path, &doubled);
        let mut bytes = fs::read(&path).unwrap();
        for at in 0..bytes.len() - 5 {
            if &bytes[at..at + 5] == b"b.csv" {
                bytes[at] = b'a';
            }
        }
        fs::write(&path, bytes).unwrap();
        assert_eq!(
            verdict(&path).unwrap_err(),
            "the export can't be read: two files in it have the same name"
        );
    }

    #[tokio::test]
    async fn a_directory_stands_for_the_exports_in_it() {
        let dir = tempfile::tempdir().unwrap();
        let all = |paths: &[&Path]| {
            let paths: Vec<PathBuf> = paths.iter().map(|path| (*path).to_owned()).collect();
            verify_folders(&paths, &key(1).public(), &mut |_, _| {})
        };
        assert_eq!(all(&[dir.path()]).unwrap_err(), "manifest.json is missing");
        delivered(&empty("night-1", 0), dir.path(), "night-1").await;
        let second = delivered(&empty("night-2", 5), dir.path(), "night-2").await;
        fs::create_dir(dir.path().join(".staging-x")).unwrap();
        fs::write(dir.path().join("notes.txt"), "x").unwrap();
        assert_eq!(
            all(&[dir.path()]).unwrap_err(),
            "night: no export here has the positions 1 to 5: one is missing"
        );
        assert_eq!(all(&[&second]).unwrap()[0].exports, 1);
        let folder = dir.path().join("night-3");
        fs::create_dir(&folder).unwrap();
        assert_eq!(
            all(&[dir.path()]).unwrap_err(),
            format!("{}: manifest.json is missing", folder.display())
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

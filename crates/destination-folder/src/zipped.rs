//! Exports as zips that come out the same whenever they are made of the same files.

use crate::disk;
use causerie_destination::DeliveryError;
use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Read, Write},
    path::Path,
};
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter, result::ZipError, write::SimpleFileOptions};

/// What entries longer than this need a wider field for.
const LARGE_BYTES: u64 = 0xffff_ffff;

fn zip_failed<'a>(what: &'a str, path: &'a Path) -> impl FnOnce(ZipError) -> DeliveryError + 'a {
    move |error| DeliveryError(format!("{what} {}: {error}", path.display()))
}

/// Packs the files of a folder as entries `NAME/file`, sorted, all with the same time.
pub(crate) fn pack(folder: &Path, export: &str, to: &Path) -> Result<(), DeliveryError> {
    let mut zip = ZipWriter::new(BufWriter::new(disk::create(to)?));
    for name in disk::names(folder)? {
        let path = folder.join(&name);
        let mut file = File::open(&path).map_err(disk::failed("can't read", &path))?;
        let bytes = file.metadata().map_err(disk::failed("can't read", &path))?.len();
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default())
            .unix_permissions(0o640)
            .large_file(bytes >= LARGE_BYTES);
        zip.start_file(format!("{export}/{name}"), options)
            .map_err(zip_failed("can't write", to))?;
        io::copy(&mut file, &mut zip).map_err(disk::failed("can't write", to))?;
    }
    let mut out = zip.finish().map_err(zip_failed("can't write", to))?;
    out.flush()
        .and_then(|()| out.get_ref().sync_all())
        .map_err(disk::failed("can't write", to))
}

/// A file of a zip, if zip and file are there.
pub(crate) fn read(zip: &Path, export: &str, file: &str) -> Result<Option<Vec<u8>>, DeliveryError> {
    let opened = match File::open(zip) {
        Ok(opened) => opened,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(disk::failed("can't read", zip)(error)),
    };
    let mut archive = ZipArchive::new(BufReader::new(opened)).map_err(zip_failed("can't read", zip))?;
    let mut bytes = Vec::new();
    match archive.by_name(&format!("{export}/{file}")) {
        Ok(mut entry) => entry
            .read_to_end(&mut bytes)
            .map_err(disk::failed("can't read", zip))?,
        Err(ZipError::FileNotFound) => return Ok(None),
        Err(error) => return Err(zip_failed("can't read", zip)(error)),
    };
    Ok(Some(bytes))
}

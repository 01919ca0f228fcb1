internal import Archive
internal import Cryptography
internal import Documents
internal import HTTPClient
internal import Signing

/// The system's libraries that this process has loaded. Their security fixes come with the system, without a new build of the
/// program, so it is the process that says which ones it has.
enum LoadedLibraries {
    /// A name and a version each.
    static var versions: [String] {
        // libcurl tells all that it was built with, too; its own name comes first.
        let curl = String(HTTPClient.libraryVersion.prefix { $0 != " " }).replacing("/", with: " ")
        return [curl, OpenSSL.version, Zlib.version, LibYAML.version, Sodium.version]
    }
}

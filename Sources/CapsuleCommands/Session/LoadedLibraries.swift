internal import Archive
internal import Cryptography
internal import Documents
internal import HTTPClient
internal import Signing

/// The versions of the system's libraries in this process. Their security fixes come with the system, without a new
/// build of the program, so the versions are read at run time.
enum LoadedLibraries {
    /// A name and a version for each library.
    static var versions: [String] {
        // libcurl also lists the libraries that it was built with, after its own name.
        let curl = String(HTTPClient.libraryVersion.prefix { $0 != " " }).replacing("/", with: " ")
        return [curl, OpenSSL.version, Zlib.version, LibYAML.version, Sodium.version]
    }
}

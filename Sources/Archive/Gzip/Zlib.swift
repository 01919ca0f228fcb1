internal import CZlib

/// The library that deflates and inflates.
package enum Zlib {
    /// The name and version of the library that is loaded, such as `zlib 1.2.13`. It may be newer than the one that the program
    /// was compiled with.
    package static var version: String { zlibVersion().map { "zlib \(String(cString: $0))" } ?? "zlib" }
}

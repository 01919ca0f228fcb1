internal import CLibYAML

/// The library that parses YAML into events.
package enum LibYAML {
    /// The name and version of the library that is loaded, such as `libyaml 0.2.5`. It may be newer than the one that
    /// the program was compiled with.
    package static var version: String {
        yaml_get_version_string().map { "libyaml \(String(cString: $0))" } ?? "libyaml"
    }
}

internal import CSodium

/// The library that opens and seals private keys under a password.
public enum Sodium {
    /// The name and version of the library that is loaded, such as `libsodium 1.0.18`. It may be newer than the one that the program
    /// was compiled with.
    public static var version: String {
        sodium_version_string().map { "libsodium \(String(cString: $0))" } ?? "libsodium"
    }
}

/// The version of the program.
enum ProgramVersion {
    /// The version that `--version` prints. The bytes of a capsule do not depend on it.
    static let current = "0.1.0"
}

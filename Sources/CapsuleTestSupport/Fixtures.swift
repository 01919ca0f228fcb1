internal import FoundationEssentials

/// Repositories of other people that tests read where they stand, and never copy.
public enum Fixtures {
    /// Where they stand: `CAPSULE_FIXTURES`, else `shared/fixtures` beside this repository. Tests that need one are skipped
    /// when it is absent.
    public static let directory: String = {
        if let path = ProcessInfo.processInfo.environment["CAPSULE_FIXTURES"] { return path }
        let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return repository.deletingLastPathComponent().path + "/shared/fixtures"
    }()
}

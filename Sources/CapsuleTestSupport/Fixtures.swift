internal import FoundationEssentials

/// Repositories of other people, which tests read in place and never change.
package enum Fixtures {
    /// Their folder: `CAPSULE_FIXTURES`, else `shared/fixtures` next to this repository. A test that needs one says so with
    /// `.needsFixture(_:)`.
    package static let directory: String = {
        if let path = ProcessInfo.processInfo.environment["CAPSULE_FIXTURES"] { return path }
        let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return repository.deletingLastPathComponent().path + "/shared/fixtures"
    }()
    /// The package and the GitOps repository of a real application: the fixture `codeai`.
    package static let codeAI = "\(directory)/codeai"
}

internal import Archive
internal import FoundationEssentials
package import Testing

extension Trait where Self == ConditionTrait {
    /// Skips a test on a machine that lacks one of these programs.
    ///
    /// `scripts/run-tests` lists what was skipped with its reason, and CI accepts no skipped test for want of a program.
    package static func needs(_ programs: String...) -> Self {
        let missing = programs.filter { !Tool.exists($0) }
        return .enabled(if: missing.isEmpty, "\(missing.joined(separator: " and ")) not on PATH")
    }

    /// Skips a test on a machine that lacks all of these programs.
    package static func needs(anyOf programs: String...) -> Self {
        .enabled(if: programs.contains(where: Tool.exists), "none of \(programs.joined(separator: ", ")) on PATH")
    }

    /// Skips a test on a machine that lacks a folder of `Fixtures.directory`. CI accepts that when it lacks them all.
    package static func needsFixture(_ name: String) -> Self {
        let path = "\(Fixtures.directory)/\(name)"
        return .enabled(if: FileManager.default.fileExists(atPath: path), "the fixture \(path) is not on this machine")
    }
}

internal import Documents
internal import FoundationEssentials

/// What a step is given.
struct StepContext: Sendable {
    let world: KargoWorld
    let config: StepConfig
    let alias: String
    let project: String
    let stage: String
    let promotion: String
    let freight: [KargoFreight]
    let workDirectory: String
    /// The outputs of the steps before, and of earlier runs of this one.
    let state: [String: JSONValue]

    var git: Git { Git(addresses: world.addresses) }

    /// A path below the work directory: what points out of it ends at its top, as Kargo joins paths.
    func path(_ relative: String) -> String {
        var parts: [Substring] = []
        for part in relative.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return ([workDirectory] + parts.map(String.init)).joined(separator: "/")
    }

    /// Makes the directories above a path.
    func makeParent(of path: String) throws {
        let parent = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
    }

    /// A directory of its own, below the work directory.
    func scratch(_ name: String) -> String { "\(workDirectory)/.\(name)-\(UUID().uuidString.lowercased())" }
}

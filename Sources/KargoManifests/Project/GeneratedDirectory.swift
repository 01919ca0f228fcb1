public import CapsuleCore
internal import FoundationEssentials
public import OCI
internal import Support

/// A directory of generated files on disk, beside what it should hold.
///
/// Files of the generator carry its mark in their first line. What carries it and is no longer generated is stale, and goes;
/// what does not carry it belongs to somebody, and is never touched.
public struct GeneratedDirectory: Sendable {
    /// What is to be done with a file.
    public enum Change: String, Sendable, Codable {
        /// It is not there yet.
        case missing
        /// It has other content.
        case differs
        /// It was generated once and is no longer.
        case stale
        /// It is in the way and was not generated.
        case foreign
    }

    /// A file that is not as it should be.
    public struct Difference: Hashable, Sendable, Codable {
        /// The path below the directory.
        public var path: String
        /// What is wrong with it.
        public var change: Change
    }

    /// So much of a file is read to compare it: no generated one comes near.
    static let maximumFile = 4 << 20
    /// So many files are looked at for stale ones.
    static let maximumFiles = 10_000

    /// The directory.
    public let path: String
    /// What it should hold.
    public let files: [PackageFile]

    /// Names a directory.
    public init(path: String, files: [PackageFile]) {
        self.path = path
        self.files = files
    }

    /// Every file that is not as it should be, sorted by path.
    public func differences() -> [Difference] {
        var found: [Difference] = []
        for file in files {
            let full = "\(path)/\(file.path)"
            guard FileManager.default.fileExists(atPath: full) else {
                found.append(Difference(path: file.path.description, change: .missing))
                continue
            }
            let there = (try? SmallFile.read(full, limit: Self.maximumFile)) ?? nil
            guard there != file.content else { continue }
            // A template carries no mark, for the document that takes its place has none.
            let ours = !Self.isMarked(file.content) || there.map(Self.isMarked) == true
            found.append(Difference(path: file.path.description, change: ours ? .differs : .foreign))
        }
        let wanted = Set(files.map(\.path.description))
        for name in Self.walk(path) where !wanted.contains(name) {
            let there = (try? SmallFile.read("\(path)/\(name)", limit: Self.maximumFile)) ?? nil
            if there.map(Self.isMarked) == true { found.append(Difference(path: name, change: .stale)) }
        }
        return found.sorted { $0.path < $1.path }
    }

    /// Makes the directory hold what it should. Each file is replaced whole.
    ///
    /// - Returns: what was done.
    /// - Throws: `OCIError.Code.io`, before anything is written when a file is in the way.
    public func write() throws(OCIError) -> [Difference] {
        let differences = differences()
        if let foreign = differences.first(where: { $0.change == .foreign }) {
            throw OCIError(
                .io, "\(path)/\(foreign.path) exists and was not generated; move it away, or name another directory")
        }
        do {
            for difference in differences {
                let url = URL(filePath: "\(path)/\(difference.path)")
                guard let file = files.first(where: { $0.path.description == difference.path }) else {
                    try FileManager.default.removeItem(at: url)
                    continue
                }
                try FileManager.default.createDirectory(
                    at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(file.content).write(to: url, options: .atomic)
            }
        } catch {
            throw OCIError(.io, "\(path) cannot be written: \(error)", cause: error)
        }
        return differences
    }

    private static func isMarked(_ content: [UInt8]) -> Bool { content.starts(with: KargoProject.mark.utf8) }

    /// The YAML files below a directory, by their paths in it.
    private static func walk(_ directory: String) -> [String] {
        var found: [String] = []
        var waiting = [""]
        while let next = waiting.popLast(), found.count < maximumFiles {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(directory)/\(next)")) ?? []
            for name in names.sorted() {
                let below = next.isEmpty ? name : "\(next)/\(name)"
                var isDirectory = false
                guard FileManager.default.fileExists(atPath: "\(directory)/\(below)", isDirectory: &isDirectory) else {
                    continue
                }
                if isDirectory { waiting.append(below) } else if below.hasSuffix(".yaml") { found.append(below) }
            }
        }
        return found
    }
}

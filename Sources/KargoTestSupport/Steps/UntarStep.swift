internal import Archive
internal import CapsuleTestSupport
internal import FoundationEssentials
internal import Processes

/// `untar`: extracts an archive. As in Kargo, other entries than files, directories and safe links are left out without
/// an error.
struct UntarStep: PromotionStep {
    private static let maximumFile = 50 << 20
    private static let maximumTotal = 100 << 20

    func run(_ context: StepContext) async throws -> StepOutcome {
        let config = context.config
        try config.only("inPath", "outPath", "stripComponents", "ignore")
        let input = context.path(try config.required("inPath"))
        let output = context.path(try config.required("outPath"))
        let stripped = try config.int("stripComponents") ?? 0
        let ignored = try config.text("ignore").map { $0.trimmed } ?? ".git"
        guard let packed = try? readFile(input) else { throw StepFailure(.errored, "the file \(input) does not exist") }
        var content = packed
        if packed.starts(with: [0x1F, 0x8B]) {
            let result = try await Tool.run(["gzip", "-dc"], input: packed)
            guard result.succeeded else { throw StepFailure(.errored, "gzip: \(result.errorOutput)") }
            content = result.output
        }
        // Kargo replaces the directory as a whole.
        let scratch = context.scratch("untar")
        try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
        var total = 0
        try TarArchive(content).forEachEntry { entry, bytes in
            let entryName = String(decoding: entry.name, as: UTF8.self)
            let parts = entryName.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count > stripped else { return }
            let name = parts.dropFirst(stripped).joined(separator: "/")
            guard Self.isTaken(name), !name.split(separator: "/").contains(Substring(ignored)) else { return }
            let path = "\(scratch)/\(name)"
            switch entry.kind {
            case .directory:
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            case .symbolicLink:
                let target = String(decoding: entry.linkName, as: UTF8.self)
                guard Self.isTaken(target) else { return }
                try context.makeParent(of: path)
                try? FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
            case .file:
                guard bytes.count <= Self.maximumFile else {
                    throw StepFailure(.errored, "file \(name) exceeds the size limit of \(Self.maximumFile) bytes")
                }
                total += bytes.count
                guard total <= Self.maximumTotal else {
                    throw StepFailure(.errored, "the files exceed the limit of \(Self.maximumTotal) bytes")
                }
                try writeFile(path, Array(bytes))
                if entry.mode & 0o100 != 0 {
                    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
                }
            case .other: return
            }
        }
        if FileManager.default.fileExists(atPath: output) { try FileManager.default.removeItem(atPath: output) }
        try context.makeParent(of: output)
        try FileManager.default.moveItem(atPath: scratch, toPath: output)
        return .succeeded()
    }

    /// True when Kargo accepts the name of an entry or the target of a link.
    static func isTaken(_ name: String) -> Bool {
        !name.isEmpty && name != "/" && !name.contains("\\") && !name.hasPrefix("/") && !name.contains("../")
            && !name.hasPrefix("./") && name != ".."
    }
}

extension String {
    fileprivate var trimmed: String {
        var rest = Substring(self)
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return String(rest.drop { $0.isWhitespace })
    }
}

internal import CapsuleCore
internal import FoundationEssentials
internal import Support

/// A directory for one run of a renderer that only this user can access.
struct PrivateDirectory: Sendable {
    /// Its path, with symbolic links resolved, because renderers print it in this form.
    let path: String

    /// Runs `body` with a new directory and removes the directory afterwards, even when `body` throws.
    static func with<Result>(
        in parent: String?, isolation: isolated (any Actor)? = #isolation,
        _ body: (PrivateDirectory) async throws -> Result
    ) async throws -> Result {
        let top = parent ?? FileManager.default.temporaryDirectory.path
        let made: ScratchDirectory
        do throws(SystemError) {
            made = try ScratchDirectory.make(in: top)
        } catch {
            throw failure("make a temporary directory in \(top)", error)
        }
        defer { made.end() }
        let resolved = URL(filePath: made.path).resolvingSymlinksInPath().path
        return try await body(PrivateDirectory(path: resolved.hasSuffix("/") ? String(resolved.dropLast()) : resolved))
    }

    /// The path of a file or directory in this directory.
    func appending(_ relative: String) -> String { "\(path)/\(relative)" }

    /// Creates a directory and its missing parents.
    func makeDirectory(_ relative: String) throws {
        try FileManager.default.createDirectory(atPath: appending(relative), withIntermediateDirectories: true)
    }

    /// Writes files, which must not exist: nothing is overwritten, and nothing is written through a link.
    func write(_ files: [PackageFile]) throws {
        var made: Set<RelativePath> = []
        for file in files {
            try Task.checkCancellation()
            if let directory = file.path.parent, made.insert(directory).inserted {
                try makeDirectory(directory.description)
            }
            try write(file.content, to: file.path.description)
        }
    }

    /// Writes one file. Its directory must exist.
    func write(_ content: [UInt8], to relative: String) throws {
        do throws(SystemError) {
            try NewFile.write(content, appending(relative), mode: 0o600, durable: false)
        } catch {
            throw Self.failure("write \(relative)", error)
        }
    }

    /// `text` without the path of this directory, so that messages are the same on every run.
    func scrubbed(_ text: String) -> String {
        text.replacing("\(path)/", with: "").replacing(path, with: ".")
    }

    private static func failure(_ what: String, _ error: SystemError) -> RenderError {
        RenderError(.io, "cannot \(what) for the render: \(error.text)", cause: error)
    }
}

internal import CapsuleCore
internal import FoundationEssentials

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// A directory that only this user may enter, for one run of a renderer.
struct PrivateDirectory: Sendable {
    /// Its path, with symbolic links resolved, since renderers print it that way.
    let path: String

    /// Runs `body` with a new directory and removes it afterwards, however `body` ends.
    static func with<Result>(
        in parent: String?, isolation: isolated (any Actor)? = #isolation,
        _ body: (PrivateDirectory) async throws -> Result
    ) async throws -> Result {
        let top = parent ?? FileManager.default.temporaryDirectory.path
        var template = Array("\(top.hasSuffix("/") ? top : top + "/")capsule-render-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw failure("make a temporary directory in \(top)", errno) }
        let made = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { try? FileManager.default.removeItem(atPath: made) }
        let resolved = URL(filePath: made).resolvingSymlinksInPath().path
        return try await body(PrivateDirectory(path: resolved.hasSuffix("/") ? String(resolved.dropLast()) : resolved))
    }

    /// The path of something below.
    func appending(_ relative: String) -> String { "\(path)/\(relative)" }

    /// Makes a directory and those above it.
    func makeDirectory(_ relative: String) throws {
        try FileManager.default.createDirectory(atPath: appending(relative), withIntermediateDirectories: true)
    }

    /// Writes files. One that exists is an error, so nothing is written through or over anything.
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

    /// Writes one file, whose directory exists.
    func write(_ content: [UInt8], to relative: String) throws {
        let descriptor = open(appending(relative), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure("write \(relative)", errno) }
        defer { close(descriptor) }
        try content.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                #if canImport(Glibc)
                    let written = Glibc.write(
                        descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                #elseif canImport(Musl)
                    let written = Musl.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                #else
                    let written = Darwin.write(
                        descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                #endif
                if written < 0 && errno == EINTR { continue }
                guard written > 0 else { throw Self.failure("write \(relative)", errno) }
                rest = rest.dropFirst(written)
            }
        }
    }

    /// `text` with this directory's path taken out, so that messages are the same on every run.
    func scrubbed(_ text: String) -> String {
        text.replacing("\(path)/", with: "").replacing(path, with: ".")
    }

    private static func failure(_ what: String, _ number: Int32) -> RenderError {
        RenderError(.io, "cannot \(what) for the render: \(String(cString: strerror(number)))")
    }
}

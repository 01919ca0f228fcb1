internal import FoundationEssentials
internal import Support

/// The certificate authorities that Git trusts in place of its default.
package struct GitAuthorities: Sendable {
    /// Certificates in PEM form, the system's among them unless they are not trusted.
    let pem: [UInt8]
    /// False when the system's authorities are not trusted.
    let includesSystem: Bool

    package init(pem: [UInt8], includesSystem: Bool) {
        self.pem = pem
        self.includesSystem = includesSystem
    }

    /// The largest file of authorities that is read, as for registries.
    private static let sizeLimit = 4 << 20

    /// Runs `body` with the variables that name a file of these authorities and of those that Git is configured with. The
    /// file is in a private directory, which is removed afterwards.
    ///
    /// - Parameters:
    ///   - file: the file that Git would use, by `GIT_SSL_CAINFO` or `http.sslCAInfo`. It adds to these authorities.
    ///   - hasDirectory: true when `GIT_SSL_CAPATH` or `http.sslCAPath` names a directory, which stays in use.
    func withVariables<Result: Sendable>(
        addingTo file: String?, hasDirectory: Bool, _ body: ([String: String]) async throws -> Result
    ) async throws -> Result {
        var content = pem
        if let file {
            let own = try SmallFile.content(
                of: file, as: "the file \(quoted(file)) of Git's http.sslCAInfo", limit: Self.sizeLimit)
            content += [0x0A] + own
        }
        let parent = FileManager.default.temporaryDirectory.path
        let scratch: ScratchDirectory
        do throws(SystemError) {
            scratch = try ScratchDirectory.make(in: parent)
        } catch {
            throw GitError(
                .gitFailed, "the certificate authorities for Git cannot be written to \(quoted(parent)): \(error.text)",
                cause: error)
        }
        defer { scratch.end() }
        let directory = scratch.path
        do throws(SystemError) {
            try SmallFile.replace("authorities.pem", with: content, in: directory, mode: 0o600, durable: false)
        } catch {
            throw GitError(
                .gitFailed,
                "the certificate authorities for Git cannot be written to \(quoted(directory)): \(error.text)",
                cause: error)
        }
        let path = "\(directory)/authorities.pem"
        var variables = ["GIT_SSL_CAINFO": path, "GIT_PROXY_SSL_CAINFO": path]
        // Without this, libcurl also trusts the system's directory. No certificate here has the name that it looks for.
        if !includesSystem, !hasDirectory { variables["GIT_SSL_CAPATH"] = directory }
        return try await body(variables)
    }
}

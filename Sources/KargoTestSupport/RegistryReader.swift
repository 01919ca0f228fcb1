internal import Documents
internal import HTTPMessages
internal import OCI

/// Reads a registry with plain HTTP requests, independently of the code under test.
struct RegistryReader: Sendable {
    let host: String
    let repository: String

    private static let indexTypes = [
        "application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json",
    ]
    private static let manifestTypes = [
        "application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json",
    ]

    /// The image manifest of a tag or digest. For an index, the manifest for linux/amd64.
    func manifest(_ reference: String) async throws -> JSONValue {
        let path = "manifests/\(reference)"
        let accept = (Self.indexTypes + Self.manifestTypes).joined(separator: ", ")
        let content = try await get(path, accept: accept, limit: 4 << 20)
        if reference.contains(":") { try check(content, reference) }
        let document = try JSONParser.parse(content, file: path)
        guard let manifests = document["manifests"]?.array else { return document }
        let match = manifests.first {
            $0["platform"]?["os"]?.string == "linux" && $0["platform"]?["architecture"]?.string == "amd64"
        }
        guard let digest = match?["digest"]?.string else {
            throw StepFailure(.errored, "\(reference) is an index without a manifest for linux/amd64")
        }
        return try await manifest(digest)
    }

    /// A blob, verified by its digest.
    func blob(_ digest: String, limit: Int) async throws -> [UInt8] {
        let content = try await get("blobs/\(digest)", accept: "*/*", limit: limit)
        try check(content, digest)
        return content
    }

    private func check(_ content: [UInt8], _ digest: String) throws {
        guard "\(Digest.sha256(of: content))" == digest else {
            throw StepFailure(.errored, "\(repository): the content does not have the digest \(digest)")
        }
    }

    private func get(_ path: String, accept: String, limit: Int) async throws -> [UInt8] {
        let request = PlainRequest(url: "http://\(host)/v2/\(repository)/\(path)", headers: ["Accept": accept])
        do {
            let answer = try await request.send(limit: limit, within: .seconds(60))
            guard answer.status == 200 else {
                throw StepFailure(
                    .errored, "\(host)/\(repository)/\(path): the registry responded with status \(answer.status)")
            }
            return answer.body
        } catch let error as StepFailure {
            throw error
        } catch {
            throw StepFailure(.errored, "\(host)/\(repository)/\(path): \(error)")
        }
    }
}

internal import FoundationEssentials
package import OCI
internal import Synchronization

/// The capabilities of a fake registry.
package struct FakeRegistryOptions: Sendable {
    /// What a list of referrers says about each.
    package enum ReferrerDescription: Sendable {
        /// The artifact type and the annotations, as the specification requires.
        case full
        /// Nothing.
        case none
        /// The media type of the config as artifact type, and no annotations, as registries do that follow a draft of the
        /// specification, and as cosign 3 does in the list under the fallback tag.
        case byConfig
    }

    /// True when it has the referrers API and sends `OCI-Subject`.
    package var hasReferrers = true
    /// What its lists of referrers say.
    package var describesReferrers = ReferrerDescription.full
    /// True when its referrers API lists what refers to a manifest; a registry may have the API and list nothing.
    package var listsReferrers = true
    /// True when it answers the upload of a manifest with a subject with `OCI-Subject`.
    package var namesSubjects = true
    /// What it answers to a request for referrers, when it does not have the API.
    package var withoutReferrers = ScriptedResponse(404, text: "404 page not found")
    /// What it answers to the second write of a tag; nil when tags may be changed.
    package var immutableTags: ScriptedResponse?
    /// True when also a write of the same content to a tag is a second write.
    package var refusesSameContent = false
    /// The media types of configs and artifact types that it accepts; nil accepts every type.
    package var acceptedTypes: [String]?
    /// True when a subject must be stored before what refers to it.
    package var requiresSubjects = false
    /// True when a reference such as `sha256-HEX` names the manifest with that digest.
    package var resolvesDigestTags = false
    /// True when it answers requests without the OCI media types in `Accept` with 404.
    package var requiresAccept = false
    /// Texts that its list of tags has apart from the tags.
    package var oddTags: [String] = []
    /// True when it supports `Range`.
    package var hasRanges = true
    /// True when upload locations have a scheme and a host.
    package var absoluteLocations = false
    /// True when it mounts blobs of other repositories.
    package var mounts = true
    /// True when links to further pages have another path and no angle brackets, as those of Nexus.
    package var oddLinks = false
    /// True when the config of an image with layers must have an architecture, an operating system and a `rootfs`, as Quay's
    /// schema demands.
    package var checksImageConfigs = false
    /// The number of tags or referrers on a page.
    package var pageSize = 1_000
    /// The value of `WWW-Authenticate` with which requests without `authorization` are rejected, with the origin in place of `%`.
    package var challenge: String?
    /// The accepted values of `Authorization`.
    package var authorization: @Sendable (String?) -> Bool = { _ in true }

    /// A registry that supports everything and requires no login.
    package init() {}
}

/// A registry in memory that fails where a test tells it to.
package final class FakeRegistry: Sendable {
    private struct State {
        var blobs: [String: [UInt8]] = [:]
        var manifests: [String: (type: String, bytes: [UInt8])] = [:]
        var uploads: [String: [UInt8]] = [:]
        var nextUpload = 0
        var faults: [(fault: Fault, seen: Int)] = []
    }

    private let options: FakeRegistryOptions
    private let state = Mutex(State())
    private let server = Mutex<ScriptedServer?>(nil)

    init(_ options: FakeRegistryOptions, faults: [Fault]) {
        self.options = options
        state.withLock { $0.faults = faults.map { ($0, 0) } }
    }

    /// `127.0.0.1:PORT`
    package var host: String { server.withLock { $0?.authority ?? "" } }
    /// `http://127.0.0.1:PORT`, or https.
    package var origin: String { server.withLock { $0?.origin ?? "" } }
    /// Everything received so far.
    package var requests: [ReceivedRequest] { server.withLock { $0?.requests ?? [] } }

    /// A repository here.
    package func repository(_ name: String = "team/shop") throws -> Repository { try Repository("\(host)/\(name)") }

    /// The requests with this method whose target contains `path`.
    package func requests(_ method: String, _ path: String = "") -> [ReceivedRequest] {
        requests.filter { $0.method == method && $0.target.contains(path) }
    }

    /// Stores a blob.
    @discardableResult
    package func add(_ bytes: [UInt8], to name: String = "team/shop", as digest: Digest? = nil) -> Descriptor {
        let descriptor = Descriptor(mediaType: "application/octet-stream", content: bytes)
        state.withLock { $0.blobs["\(name)@\(digest ?? descriptor.digest)"] = bytes }
        return descriptor
    }

    /// Stores a manifest under its digest and, when there is one, its tag.
    package func add(manifest bytes: [UInt8], type: String, to name: String = "team/shop", tag: String? = nil) {
        state.withLock { state in
            state.manifests["\(name)@\(Digest.sha256(of: bytes))"] = (type, bytes)
            if let tag { state.manifests["\(name)@\(tag)"] = (type, bytes) }
        }
    }

    /// Returns the bytes of a blob; nil when the registry does not have it.
    package func blob(_ digest: Digest, in name: String = "team/shop") -> [UInt8]? {
        state.withLock { $0.blobs["\(name)@\(digest)"] }
    }

    /// Returns the bytes of a manifest by its tag or digest; nil when the registry does not have it.
    package func manifest(_ reference: String, in name: String = "team/shop") -> [UInt8]? {
        state.withLock { $0.manifests["\(name)@\(reference)"]?.bytes }
    }

    /// Replaces the faults.
    package func fail(_ faults: [Fault]) { state.withLock { $0.faults = faults.map { ($0, 0) } } }

    /// Drops all unfinished uploads.
    package func forgetUploads() { state.withLock { $0.uploads = [:] } }

    func start(_ request: ReceivedRequest) -> ScriptedStart {
        guard let fault = takeFault(request, atStart: true), case .cutRequest(let count) = fault.action else {
            return .read
        }
        return .cut(after: count) { request in
            guard request.method == "PATCH" else { return }
            self.state.withLock { $0.uploads[request.path]? += request.body }
        }
    }

    func answer(_ request: ReceivedRequest) -> ScriptedResponse {
        let fault = takeFault(request, atStart: false)
        if case .answer(let response) = fault?.action { return response }
        if case .decide(let decide) = fault?.action, let response = decide(request) { return response }
        if case .first(let action) = fault?.action { action(self) }
        var response = route(request)
        if case .loseAnswer = fault?.action { return ScriptedResponse(0) }
        if case .change(let change) = fault?.action { change(&response) }
        return response
    }

    private func takeFault(_ request: ReceivedRequest, atStart: Bool) -> Fault? {
        state.withLock { state in
            for index in state.faults.indices {
                let fault = state.faults[index].fault
                guard fault.cutsRequest == atStart, fault.matches(request) else { continue }
                state.faults[index].seen += 1
                let seen = state.faults[index].seen - fault.skipping
                if seen >= 1, seen <= fault.times { return fault }
            }
            return nil
        }
    }

    private func route(_ request: ReceivedRequest) -> ScriptedResponse {
        if let challenge = options.challenge, !options.authorization(request.header("Authorization")) {
            return ScriptedResponse(
                401, headers: [("WWW-Authenticate", challenge.split(separator: "%").joined(separator: origin))])
        }
        guard request.path.hasPrefix("/v2/") else { return error(404, "NOT_FOUND") }
        // Other programs begin with this request.
        guard request.path != "/v2/" else { return ScriptedResponse(200, text: "{}") }
        let path = String(request.path.dropFirst(4))
        for (marker, handler) in [
            ("/blobs/uploads/", uploads), ("/blobs/", blobs), ("/manifests/", manifests), ("/tags/list", tags),
            ("/referrers/", referrers),
        ] as [(String, (String, String, ReceivedRequest) -> ScriptedResponse)] {
            guard let range = path.firstRange(of: marker) else { continue }
            return handler(String(path[..<range.lowerBound]), String(path[range.upperBound...]), request)
        }
        return error(404, "NOT_FOUND")
    }

    private func error(_ status: Int, _ code: String, message: String = "", detail: String = "") -> ScriptedResponse {
        ScriptedResponse(
            status, headers: [("Content-Type", "application/json")],
            text: "{\"errors\":[{\"code\":\"\(code)\",\"message\":\"\(message)\",\"detail\":\"\(detail)\"}]}")
    }

    private func blobs(_ name: String, _ digest: String, _ request: ReceivedRequest) -> ScriptedResponse {
        guard let bytes = state.withLock({ $0.blobs["\(name)@\(digest)"] }) else { return error(404, "BLOB_UNKNOWN") }
        let headers = [("Content-Type", "application/octet-stream"), ("Docker-Content-Digest", digest)]
        guard options.hasRanges, let range = request.header("Range"), range.hasPrefix("bytes=") else {
            return ScriptedResponse(200, headers: headers, body: bytes)
        }
        let ends = range.dropFirst(6).split(separator: "-").compactMap { Int($0) }
        guard let first = ends.first, first < bytes.count else { return error(416, "RANGE_INVALID") }
        let last = min(ends.count == 2 ? ends[1] : bytes.count - 1, bytes.count - 1)
        return ScriptedResponse(
            206, headers: headers + [("Content-Range", "bytes \(first)-\(last)/\(bytes.count)")],
            body: Array(bytes[first...last]))
    }

    private func manifests(_ name: String, _ reference: String, _ request: ReceivedRequest) -> ScriptedResponse {
        if request.method == "PUT" {
            if let refusal = refusal(name, reference, request) { return refusal }
            let type = request.header("Content-Type") ?? ""
            add(manifest: request.body, type: type, to: name, tag: reference.contains(":") ? nil : reference)
            var headers = [
                ("Docker-Content-Digest", "\(Digest.sha256(of: request.body))"),
                ("Location", "/v2/\(name)/manifests/\(reference)"),
            ]
            if options.hasReferrers, options.namesSubjects, let subject = Self.subject(request.body) {
                headers.append(("OCI-Subject", subject))
            }
            return ScriptedResponse(201, headers: headers)
        }
        var reference = reference
        if options.resolvesDigestTags, reference.hasPrefix("sha256-"), reference.utf8.count == 71 {
            reference = "sha256:" + reference.dropFirst(7)
        }
        let isAccepted = !options.requiresAccept || request.header("Accept")?.contains("vnd.oci.image") == true
        guard isAccepted, let found = state.withLock({ $0.manifests["\(name)@\(reference)"] }) else {
            return error(404, "MANIFEST_UNKNOWN")
        }
        return ScriptedResponse(
            200,
            headers: [
                ("Content-Type", found.type), ("Docker-Content-Digest", "\(Digest.sha256(of: found.bytes))"),
            ], body: found.bytes)
    }

    /// The answer to a manifest that a rule of this registry refuses; nil when it is accepted.
    private func refusal(_ name: String, _ reference: String, _ request: ReceivedRequest) -> ScriptedResponse? {
        let old = state.withLock { $0.manifests["\(name)@\(reference)"] }
        if let refusal = options.immutableTags, let old, !reference.contains(":"),
            options.refusesSameContent || old.bytes != request.body
        {
            return refusal
        }
        guard let manifest = try? RawManifest(detecting: request.body) else { return nil }
        if let accepted = options.acceptedTypes, let image = try? manifest.imageManifest() {
            for type in [image.config.mediaType, image.artifactType].compactMap({ $0 }) where !accepted.contains(type) {
                return error(
                    400, "MANIFEST_INVALID", message: "manifest invalid", detail: "unknown media type: \(type)")
            }
        }
        if options.checksImageConfigs, let image = try? manifest.imageManifest(),
            image.config.mediaType == MediaType.imageConfig, !image.layers.isEmpty,
            !Self.isImageConfig(state.withLock { $0.blobs["\(name)@\(image.config.digest)"] } ?? [])
        {
            return error(400, "MANIFEST_INVALID", message: "manifest invalid", detail: "malformed config schema")
        }
        if options.requiresSubjects, let subject = Self.subject(request.body),
            state.withLock({ $0.manifests["\(name)@\(subject)"] }) == nil
        {
            return error(404, "MANIFEST_BLOB_UNKNOWN", message: "blob unknown to registry", detail: subject)
        }
        return nil
    }

    private func uploads(_ name: String, _ id: String, _ request: ReceivedRequest) -> ScriptedResponse {
        if request.method == "POST" {
            if options.mounts, let from = request.query["from"], let digest = request.query["mount"] {
                let text = digest.split(separator: "%3A").joined(separator: ":")
                let origin = from.split(separator: "%2F").joined(separator: "/")
                let isMounted = state.withLock { state in
                    guard let bytes = state.blobs["\(origin)@\(text)"] else { return false }
                    state.blobs["\(name)@\(text)"] = bytes
                    return true
                }
                if isMounted { return ScriptedResponse(201, headers: [("Location", "/v2/\(name)/blobs/\(text)")]) }
            }
            let path = state.withLock { state in
                state.nextUpload += 1
                let path = "/v2/\(name)/blobs/uploads/\(state.nextUpload)"
                state.uploads[path] = []
                return path
            }
            return progress(202, path, 0)
        }
        guard let bytes = state.withLock({ $0.uploads[request.path] }) else { return error(404, "BLOB_UPLOAD_UNKNOWN") }
        switch request.method {
        case "GET":
            return progress(204, request.path, bytes.count)
        case "PATCH":
            // Without a range the body continues where the upload is, as those of crane and cosign do.
            if let range = request.header("Content-Range") {
                let first = range.split(separator: "-").first.flatMap { Int($0) }
                guard first == bytes.count else { return error(416, "RANGE_INVALID") }
            }
            state.withLock { $0.uploads[request.path]? += request.body }
            return progress(202, request.path, bytes.count + request.body.count)
        case "PUT":
            let whole = bytes + request.body
            let digest = request.query["digest"]?.split(separator: "%3A").joined(separator: ":") ?? ""
            guard Digest.sha256(of: whole).description == digest else { return error(400, "DIGEST_INVALID") }
            state.withLock { state in
                state.uploads[request.path] = nil
                state.blobs["\(name)@\(digest)"] = whole
            }
            return ScriptedResponse(201, headers: [("Location", "/v2/\(name)/blobs/\(digest)")])
        default:
            return error(405, "UNSUPPORTED")
        }
    }

    private func progress(_ status: Int, _ path: String, _ count: Int) -> ScriptedResponse {
        let location = (options.absoluteLocations ? origin : "") + path + "?state=\(count)"
        return ScriptedResponse(
            status, headers: [("Location", location), ("Range", "0-\(max(0, count - 1))")])
    }

    private func tags(_ name: String, _: String, _ request: ReceivedRequest) -> ScriptedResponse {
        let all = state.withLock { state in
            state.manifests.keys.filter { $0.hasPrefix("\(name)@") }.map { String($0.dropFirst(name.count + 1)) }
                .filter { !$0.contains(":") }.sorted() + options.oddTags
        }
        let start = request.query["last"].flatMap { last in all.firstIndex { $0 > last } } ?? 0
        let page = all[start...].prefix(options.pageSize)
        var response = ScriptedResponse(
            200, text: "{\"name\":\"\(name)\",\"tags\":[\(page.map { "\"\($0)\"" }.joined(separator: ","))]}")
        if let last = page.last, last != all.last {
            response.headers.append(("Link", link("/v2/\(name)/tags/list?last=\(last)&n=2")))
        }
        return response
    }

    private func referrers(_ name: String, _ digest: String, _ request: ReceivedRequest) -> ScriptedResponse {
        guard options.hasReferrers else { return options.withoutReferrers }
        let found = state.withLock { state in
            state.manifests.filter { key, value in
                options.listsReferrers && key.hasPrefix("\(name)@") && key.contains(":")
                    && Self.subject(value.bytes) == digest
            }.values.map { value in
                "{\"mediaType\":\"\(value.type)\",\"size\":\(value.bytes.count),"
                    + "\"digest\":\"\(Digest.sha256(of: value.bytes))\""
                    + Self.description(value.bytes, options.describesReferrers) + "}"
            }.sorted()
        }
        let start = request.query["from"].flatMap { Int($0) } ?? 0
        let page = found[start...].prefix(options.pageSize)
        var response = ScriptedResponse(
            200, headers: [("Content-Type", MediaType.imageIndex)],
            text: "{\"schemaVersion\":2,\"mediaType\":\"\(MediaType.imageIndex)\",\"manifests\":["
                + page.joined(separator: ",") + "]}")
        if start + page.count < found.count {
            response.headers.append(("Link", link("/v2/\(name)/referrers/\(digest)?from=\(start + page.count)")))
        }
        return response
    }

    private func link(_ target: String) -> String {
        options.oddLinks ? "/repository/docker\(target); rel=\"next\"" : "<\(target)>; rel=\"next\""
    }

    private static func isImageConfig(_ bytes: [UInt8]) -> Bool {
        struct Config: Decodable {
            var architecture: String
            var os: String
            var rootfs: RootFS
            struct RootFS: Decodable {
                var type: String
                var diff_ids: [String]
            }
        }
        return (try? JSONDecoder().decode(Config.self, from: Data(bytes))) != nil
    }

    private static func subject(_ bytes: [UInt8]) -> String? {
        struct View: Decodable {
            var subject: Subject?
            struct Subject: Decodable { var digest: String }
        }
        return (try? JSONDecoder().decode(View.self, from: Data(bytes)))?.subject?.digest
    }

    /// What a list of referrers says about a manifest.
    private static func description(_ bytes: [UInt8], _ kind: FakeRegistryOptions.ReferrerDescription) -> String {
        guard kind != .none, let raw = try? RawManifest(detecting: bytes), let described = try? raw.referrerDescriptor()
        else { return "" }
        let type = kind == .full ? described.artifactType : (try? raw.imageManifest())?.config.mediaType
        var text = type.map { ",\"artifactType\":\"\($0)\"" } ?? ""
        if kind == .full, let annotations = described.annotations, let json = try? JSONEncoder().encode(annotations) {
            text += ",\"annotations\":" + String(decoding: json, as: UTF8.self)
        }
        return text
    }

    func attach(_ server: ScriptedServer) { self.server.withLock { $0 = server } }
}

/// Runs `body` with a registry in memory that has these faults.
package func withFakeRegistry<Result: Sendable>(
    _ options: FakeRegistryOptions = .init(), tls: TLSIdentity? = nil, faults: [Fault] = [],
    _ body: @Sendable (FakeRegistry) async throws -> Result
) async throws -> Result {
    let registry = FakeRegistry(options, faults: faults)
    return try await withScriptedServer(
        tls: tls, start: { registry.start($0) }, answer: { registry.answer($0) },
        { server in
            registry.attach(server)
            return try await body(registry)
        })
}

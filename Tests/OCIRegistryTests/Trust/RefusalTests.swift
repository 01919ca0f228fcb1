import CapsuleTestSupport
import OCI
import OCIRegistry
import Testing

/// What registries say when they refuse something, and tags that may not be changed.
@Suite("Refusals", .timeLimit(.minutes(1)))
struct RefusalTests {
    private static func answer(_ status: Int, _ errors: String) -> ScriptedResponse {
        ScriptedResponse(status, headers: [("Content-Type", "application/json")], text: "{\"errors\":[\(errors)]}")
    }

    private func refused(_ answer: ScriptedResponse) async throws -> OCIError? {
        try await withFakeRegistry(faults: [Fault("PUT", "/manifests/", times: 99, .answer(answer))]) { registry in
            let artifact = try await SampleArtifact()
            return try await withRegistryClient(.test()) { client in
                let repository = try client.repository(registry.repository())
                return await failure {
                    try await copy(artifact.manifest.descriptor, from: artifact.store, to: repository, tag: Tag("v1"))
                }
            }
        }
    }

    @Test("a type that is not on the registry's list is refused in its words, with the setting that allows it")
    func mediaType() async throws {
        var options = FakeRegistryOptions()
        options.acceptedTypes = [MediaType.imageConfig]
        try await withFakeRegistry(options) { registry in
            let artifact = try await SampleArtifact(type: "application/x.odd")
            try await withRegistryClient(.test()) { client in
                let repository = try client.repository(registry.repository())
                let error = await failure {
                    try await copy(artifact.manifest.descriptor, from: artifact.store, to: repository, tag: Tag("v1"))
                }
                #expect(error?.code == .refused)
                let message = error?.message ?? ""
                #expect(
                    message.contains("400 MANIFEST_INVALID: manifest invalid (unknown media type: application/x.odd)"),
                    "\(message)")
                #expect(
                    message.contains("REGISTRY_FF_DYNAMIC_MEDIA_TYPES") && message.contains("IGNORE_UNKNOWN_MEDIATYPES")
                )
            }
        }
    }

    @Test(
        "the registry's message and detail are printed with every status, escaped and shortened",
        arguments: [400, 403, 404, 409, 413, 422])
    func words(status: Int) async throws {
        let long = String(repeating: "x", count: 5_000)
        let error = try await refused(
            Self.answer(
                status,
                #"{"code":"DENIED","message":"quota\u001b[2J exceeded","detail":{"limit":"10 GiB"}},"#
                    + #"{"code":"OTHER","message":"\#(long)"}"#))
        let message = try #require(error).message
        #expect(
            message.contains("\(status) DENIED, OTHER: quota\\u{1b}[2J exceeded (\u{7B}\"limit\":\"10 GiB\"\u{7D};"),
            "\(message)")
        #expect(message.utf8.count < 1_000)
    }

    @Test(
        "a body that is not an error of the specification leaves the status",
        arguments: [
            "", "<html>", "[]", #"{"errors":"x"}"#, #"{"errors":[1,null,{"code":7}]}"#,
            "{\"errors\":[{\"message\":\"\u{0}\"}]}",
        ])
    func unreadable(body: String) async throws {
        let error = try await refused(ScriptedResponse(422, text: body))
        #expect(error?.message.contains("422") == true)
    }

    @Test("a body of 10 MB is not printed")
    func large() async throws {
        let large = try await refused(ScriptedResponse(422, text: String(filledWith: "x", count: 10 << 20)))
        #expect(large?.message.utf8.count ?? 0 < 500)
    }

    /// Answers of registries whose tags may not be changed: ECR, GitLab, Harbor, zot.
    static let immutable = [
        answer(
            400,
            #"{"code":"TAG_INVALID","message":"The image tag already exists","detail":"ImageTagAlreadyExistsException"}"#
        ),
        answer(403, #"{"code":"DENIED","message":"cannot overwrite tag"}"#),
        answer(412, #"{"code":"PRECONDITION","message":"immutable"}"#),
        answer(409, #"{"code":"CONFLICT"}"#), answer(405, #"{"code":"UNSUPPORTED"}"#),
        ScriptedResponse(401, headers: [("WWW-Authenticate", "Basic realm=r")]),
    ]

    @Test(
        "a tag that may not be changed: the same content is there already, other content is named",
        arguments: immutable.indices)
    func immutableTag(_ index: Int) async throws {
        var options = FakeRegistryOptions()
        options.immutableTags = Self.immutable[index]
        options.refusesSameContent = true
        try await withFakeRegistry(options) { registry in
            let artifact = try await SampleArtifact()
            let other = try await SampleArtifact("other")
            let tag = try Tag("v1")
            try await withRegistryClient(.test()) { client in
                let repository = try client.repository(registry.repository())
                try await copy(artifact.manifest.descriptor, from: artifact.store, to: repository, tag: tag)
                try await repository.tag(artifact.manifest.descriptor, as: tag)
                try await copy(other.manifest.descriptor, from: other.store, to: repository, tag: nil)
                let error = await failure { try await repository.tag(other.manifest.descriptor, as: tag) }
                #expect(error?.code == .tagExists)
                #expect(
                    error?.message.contains("the registry does not let it be changed") == true,
                    "\(error?.message ?? "")")
                #expect(try await repository.resolve(tag)?.digest == artifact.manifest.descriptor.digest)
            }
        }
    }

    @Test(
        "a proxy that ends TLS, behind which the registry names addresses without it, is named with its remedy",
        .needs("openssl"))
    func forwarded() async throws {
        var options = FakeRegistryOptions()
        options.absoluteLocations = true
        let withoutTLS = Fault.Action.change { response in
            for index in response.headers.indices where response.headers[index].name == "Location" {
                response.headers[index].value = "http" + response.headers[index].value.dropFirst("https".count)
            }
        }
        try await withTemporaryDirectory { directory in
            let identity = try await TLSIdentity.make(in: directory)
            try await withFakeRegistry(
                options, tls: identity, faults: [Fault("POST", "/uploads/", times: 9, withoutTLS)]
            ) { registry in
                let artifact = try await SampleArtifact()
                let configuration = RegistryConfiguration.test {
                    $0.plainHTTPOnLoopback = false
                    $0.trust.authorityFiles = [identity.certificateFile]
                }
                try await withRegistryClient(configuration) { client in
                    let repository = try client.repository(registry.repository())
                    let error = await failure {
                        try await copy(artifact.manifest.descriptor, from: artifact.store, to: repository, tag: nil)
                    }
                    #expect(error?.message.contains("X-Forwarded-Proto: https") == true, "\(error?.message ?? "")")
                    // What was received is not an upload that another run would take for complete.
                    #expect(registry.requests("PUT").isEmpty)
                }
            }
        }
    }

    @Test("a 401 for a tag that does not exist is a login that is missing")
    func login() async throws {
        let error = try await refused(ScriptedResponse(401, headers: [("WWW-Authenticate", "Basic realm=r")]))
        #expect(error?.code == .unauthorized)
    }
}

import Archive
import Support
import Testing

@testable import CapsuleCore

@Suite("The name of the application image in a package")
struct PackageImageNameTests {
    private static let repository = "registry.example.com/shop/web"

    private static func check(
        _ files: [String: String], imageName: String? = "shop", kind: PackageKind = .kustomize
    ) throws -> Finding? {
        let package = PackageTree(
            kind: kind, entry: kind == .kustomize ? try TreeDirectory("base") : nil,
            files: try files.map { PackageFile(path: try RelativePath($0.key), content: Array($0.value.utf8)) })
        return PackageImageName.check(package, imageName: imageName, repository: repository)
    }

    private static func pod(_ images: String...) -> String {
        let containers = images.enumerated().map { "{name: c\($0), image: \"\($1)\"}" }.joined(separator: ", ")
        return "apiVersion: v1\nkind: Pod\nmetadata: {name: shop}\nspec: {containers: [\(containers)]}\n"
    }

    @Test(
        "is found in a container, in a patch, in the result of a kustomization, and in a field of another kind",
        arguments: [
            ["base/pod.yaml": pod("redis:7", "shop")],
            ["base/pod.yaml": pod("shop:latest")],
            ["base/pod.yaml": pod("\(repository):1.0")],
            [
                "base/pod.yaml": pod("app"),
                "base/kustomization.yaml": "resources: [pod.yaml]\nimages: [{name: app, newName: shop}]\n",
            ],
            [
                "base/pod.yaml": pod("app"),
                "base/patch.yaml": "[{op: replace, path: /spec/containers/0/image, value: shop}]\n",
            ],
            ["base/pod.yaml": pod("redis"), "base/web.yaml": "kind: Web\nspec: {sidecarImage: \"shop:1\"}\n"],
            ["base/pod.yaml": pod("redis"), "base/web.yaml": "kind: Web\nspec: {image: {repository: shop}}\n"],
            ["base/pod.yaml": pod("redis"), "base/unreadable.yaml": "a: [\n"],
        ])
    func found(files: [String: String]) throws {
        #expect(try Self.check(files) == nil)
    }

    @Test("is refused with the images that the package has, when no container has it")
    func missing() throws {
        let finding = try #require(
            try Self.check(["base/pod.yaml": Self.pod("web:1", "redis@sha256:\(String(repeating: "0", count: 64))")]))
        #expect(finding.severity == .error)
        #expect(
            finding.message
                == "no container of the package has the image \"shop\"; the package has the images \"redis\", \"web\"")
        #expect(finding.remedy.contains("package.imageName"))
        let unnamed = try Self.check(["base/pod.yaml": Self.pod("web")], imageName: nil)
        #expect(unnamed?.message.contains("the application image \"\(Self.repository)\"") == true)
        let many = try Self.check(["base/pod.yaml": (0..<30).map { Self.pod("web-\($0)") }.joined(separator: "---\n")])
        #expect(many?.message.hasSuffix("\"web-17\", and 20 more") == true, "\(many?.message ?? "")")
        // The name of an object is not an image.
        #expect(
            try Self.check(["base/pod.yaml": Self.pod("web") + "---\n{kind: Service, metadata: {name: shop}}\n"]) != nil
        )
    }

    @Test("is a warning for a package without images, to which environment policy may add the container")
    func noImages() throws {
        let finding = try Self.check(["base/service.yaml": "kind: Service\nmetadata: {name: shop}\n"])
        #expect(finding?.severity == .warning)
    }

    @Test("is not looked for in a chart, whose values are set to the image")
    func chart() throws {
        #expect(try Self.check(["values.yaml": "image: {repository: nginx}\n"], kind: .helm) == nil)
    }
}

import CapsuleCommands

@main
struct Main {
    static func main() async {
        await Capsule.start()
    }
}

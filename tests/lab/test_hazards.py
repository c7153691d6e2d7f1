"""Order hazards are found: many are what real projects met when they turned eager start on."""

from __future__ import annotations

from textwrap import dedent

import pytest


class TestReadBeforeItsCreatorSetsIt:
    def test_an_attribute(self, watcher):
        hazard = watcher.finds("""
            import asyncio

            class Server:
                port = None

                async def start(self):
                    task = asyncio.create_task(self.serve())
                    self.port = 8080  # late
                    await task

                async def serve(self):
                    print(self.port)  # early

            asyncio.run(Server().start())
        """)

        assert hazard["what"] == "the attribute 'port' of a Server"
        assert hazard["coroutine"] == "Server.serve"
        assert (hazard["seen"], hazard["final"]) == ("None", "8080")
        assert hazard["creation"]["site"]["line"] == hazard["late"]["line"] - 1

    def test_an_attribute_that_is_not_there_yet(self, watcher):
        hazard = watcher.finds("""
            import asyncio

            class Server:
                async def start(self):
                    task = asyncio.create_task(self.serve())
                    self.port = 8080  # late
                    await asyncio.wait([task])
                    assert isinstance(task.exception(), AttributeError)

                async def serve(self):
                    print(self.port)  # early

            asyncio.run(Server().start())
        """)

        assert hazard["seen"] == "nothing"

    def test_the_task_itself(self, watcher):
        """As `self.task = create_task(...)` has it."""
        watcher.finds("""
            import asyncio

            class Poller:
                task = None

                async def poll(self):
                    while self.task is asyncio.current_task():  # early
                        await asyncio.sleep(0)

            async def main():
                poller = Poller()
                poller.task = asyncio.create_task(poller.poll())  # late

            asyncio.run(main())
        """)

    @pytest.mark.parametrize("read", ["self.port", "Server.port", "type(self).port"])
    @pytest.mark.parametrize("change", ["Base.port = 8080", "Base.listen(8080)"])
    def test_an_attribute_of_a_class(self, watcher, read, change):
        """Which its instances and the classes derived from it have too."""
        hazard = watcher.finds(f"""
            import asyncio

            class Base:
                port = None

                @classmethod
                def listen(cls, port):
                    cls.port = port{"" if "=" in change else "  # late"}

            class Server(Base):
                async def serve(self):
                    print({read})  # early

            async def main():
                task = asyncio.create_task(Server().serve())
                {change}{"  # late" if "=" in change else ""}
                await task

            asyncio.run(main())
        """)

        assert (hazard["seen"], hazard["final"]) == ("None", "8080")

    def test_a_slot(self, watcher):
        watcher.finds("""
            import asyncio

            class Box:
                __slots__ = ("thing",)

            async def child(box):
                print(getattr(box, "thing", None))  # early

            async def main():
                box = Box()
                task = asyncio.create_task(child(box))
                setattr(box, "thing", 1)  # late
                await task

            asyncio.run(main())
        """)

    def test_an_attribute_of_the_task(self, watcher):
        """asyncio's tasks have no `__dict__` to look into."""
        watcher.finds("""
            import asyncio

            async def child():
                print(getattr(asyncio.current_task(), "request", None))  # early

            async def main():
                task = asyncio.create_task(child())
                task.request = 1  # late
                await task

            asyncio.run(main())
        """)

    def test_what_a_property_reads(self, watcher):
        watcher.finds("""
            import asyncio

            class Server:
                def __init__(self):
                    self.__state = "new"

                @property
                def is_open(self):
                    return self.__state == "open"  # early

                async def start(self):
                    task = asyncio.create_task(self.serve())
                    self.__state = "open"  # late
                    await task

                async def serve(self):
                    if self.is_open:
                        await asyncio.sleep(0)

            asyncio.run(Server().start())
        """)

    def test_a_global(self, watcher):
        watcher.finds("""
            import asyncio

            settings = None

            async def child():
                print(settings)  # early

            async def main():
                global settings
                task = asyncio.create_task(child())
                settings = {}  # late
                await task

            asyncio.run(main())
        """)

    def test_a_global_by_its_name(self, watcher):
        watcher.finds("""
            import asyncio

            async def child():
                print(settings)  # early

            async def main():
                task = asyncio.create_task(child())
                globals()["settings"] = {}  # late
                await task

            settings = None
            asyncio.run(main())
        """)

    def test_a_global_of_another_module(self, watcher):
        watcher.finds(
            """
                import asyncio
                import config, worker

                async def main():
                    task = asyncio.create_task(worker.work())
                    config.debug = True  # late
                    await task

                asyncio.run(main())
            """,
            config="""
                debug = False
            """,
            worker="""
                import config

                async def work():
                    print(config.debug)  # early
            """,
        )

    def test_a_variable_of_the_function_around(self, watcher):
        watcher.finds("""
            import asyncio

            async def main():
                async def child():
                    print(name)  # early

                name = "nobody"
                task = asyncio.create_task(child())
                name = "Ada"  # late
                await task

            asyncio.run(main())
        """)

    def test_the_variable_of_a_loop(self, watcher):
        """A lazy task would find the last one, all three of them."""
        watcher.finds("""
            import asyncio

            async def main():
                async def child():
                    print(number)  # early

                for number in range(3):  # late
                    asyncio.create_task(child())

            asyncio.run(main())
        """)

    def test_an_item_registered_after_the_task_was_made(self, watcher):
        """openai-agents-python#2729"""
        watcher.finds("""
            import asyncio

            class Executor:
                def __init__(self):
                    self.states = {}

                def submit(self):
                    task = asyncio.create_task(self.run())
                    self.states[task] = "submitted"  # late
                    return task

                async def run(self):
                    return self.states[asyncio.current_task()]  # early

            async def main():
                await asyncio.wait([Executor().submit()])

            asyncio.run(main())
        """)

    def test_an_item_of_a_weak_mapping(self, watcher):
        """As anyio's states of tasks: anyio#764."""
        watcher.finds("""
            import asyncio, weakref

            scopes = weakref.WeakKeyDictionary()

            async def child():
                return scopes.get(asyncio.current_task())  # early

            async def main():
                task = asyncio.create_task(child())
                scopes[task] = "scope"  # late
                await task

            asyncio.run(main())
        """)

    def test_an_item_of_a_list(self, watcher):
        watcher.finds("""
            import asyncio

            async def child(places):
                print(places[-1])  # early

            async def main():
                places = ["nobody", "nobody"]
                task = asyncio.create_task(child(places))
                places[1] = "Ada"  # late
                await task

            asyncio.run(main())
        """)

    def test_whether_a_key_is_there(self, watcher):
        watcher.finds("""
            import asyncio

            cache = {}

            async def child():
                if "Ada" not in cache:  # early
                    await asyncio.sleep(0)

            async def main():
                task = asyncio.create_task(child())
                cache.update(Ada=1815)  # late
                await task

            asyncio.run(main())
        """)

    def test_a_task_that_leaves_a_set_before_it_joins_it(self, watcher):
        """It stays there for ever."""
        watcher.finds("""
            import asyncio

            running = set()

            async def child():
                running.discard(asyncio.current_task())  # early

            async def main():
                running.add(asyncio.create_task(child()))  # late

            asyncio.run(main())
        """)

    def test_listeners_that_come_too_late(self, watcher):
        """As the devices of home-assistant/core#45535."""
        watcher.finds("""
            import asyncio

            class Registry:
                def __init__(self):
                    self.listeners = []

                async def start(self):
                    for listener in self.listeners:  # early
                        listener("started")

            async def main():
                registry = Registry()
                task = asyncio.create_task(registry.start())
                registry.listeners.append(print)  # late
                await task

            asyncio.run(main())
        """)

    def test_a_queue_that_is_filled_after_its_workers_were_made(self, watcher):
        watcher.finds("""
            import asyncio

            async def work(queue):
                while not queue.empty():  # early
                    print(queue.get_nowait())

            async def main():
                queue = asyncio.Queue()
                task = asyncio.create_task(work(queue))
                queue.put_nowait("work")  # late
                await task

            asyncio.run(main())
        """)

    def test_an_event_that_is_set_afterwards(self, watcher):
        watcher.finds("""
            import asyncio

            async def work(ready):
                if ready.is_set():  # early
                    await asyncio.sleep(0)

            async def main():
                ready = asyncio.Event()
                task = asyncio.create_task(work(ready))
                ready.set()  # late
                await task

            asyncio.run(main())
        """)

    def test_an_event_that_is_cleared_before_a_lazy_task_would_wait_for_it(self, watcher):
        watcher.finds("""
            import asyncio

            async def work(ready):
                await ready.wait()  # early

            async def main():
                ready = asyncio.Event()
                ready.set()
                task = asyncio.create_task(work(ready))
                ready.clear()  # late
                await asyncio.sleep(0)
                task.cancel()

            asyncio.run(main())
        """)

    def test_a_queue_that_is_filled_up_again(self, watcher):
        watcher.finds("""
            import asyncio

            async def work(queue):
                while not queue.empty():  # early
                    print(queue.get_nowait())

            async def main():
                queue = asyncio.Queue()
                queue.put_nowait("work")
                task = asyncio.create_task(work(queue))
                queue.put_nowait("more work")  # late
                await task

            asyncio.run(main())
        """)

    def test_something_else_of_the_same_kind_is_called_another_one(self, watcher):
        hazard = watcher.finds("""
            import asyncio

            settings = {}

            async def child():
                print(settings)  # early

            async def main():
                global settings
                task = asyncio.create_task(child())
                settings = {}  # late
                await task

            asyncio.run(main())
        """)

        assert (hazard["seen"], hazard["final"]) == ("a dict", "another dict")

    def test_the_name_of_the_task(self, watcher):
        watcher.finds("""
            import asyncio

            async def child():
                print(asyncio.current_task().get_name())  # early

            async def main():
                task = asyncio.create_task(child())
                task.set_name("child")  # late
                await task

            asyncio.run(main())
        """)

    @pytest.mark.parametrize(
        ("read", "change"),
        [
            ("store['key']", "store['key'] = 1"),
            ("store.get('key')", "store['key'] = 1"),
            ("'key' in store", "store['key'] = 1"),
            ("'key' not in store", "del store['key']"),
            ("store.field", "store.field = 1"),
            ("getattr(store, 'field', None)", "setattr(store, 'field', 1)"),
        ],
    )
    def test_what_another_library_keeps(self, watcher, tmp_path, read, change):
        """As aiohttp's Application does for its users, and Starlette's State."""
        store = """
            class Store:
                def __init__(self):
                    object.__setattr__(self, "_kept", {"key": 0})

                def __contains__(self, key):
                    return key in self._kept

                def __getitem__(self, key):
                    return self._kept[key]

                def __setitem__(self, key, value):
                    self._kept[key] = value

                def __delitem__(self, key):
                    del self._kept[key]

                def get(self, key, default=None):
                    return self._kept.get(key, default)

                def __getattr__(self, name):
                    return self._kept.get(name)

                __setattr__ = __setitem__
        """
        library = tmp_path / "store_of_another_library.py"
        library.write_text(dedent(store))

        hazard = watcher.finds(f"""
            import asyncio, sys
            sys.path.append({str(tmp_path)!r})
            from store_of_another_library import Store

            async def child(store):
                {read}  # early

            async def main():
                store = Store()
                task = asyncio.create_task(child(store))
                {change}  # late
                await task

            try:
                asyncio.run(main())
            finally:
                sys.path.pop()
                del sys.modules["store_of_another_library"]
        """)

        assert hazard["final"] == "what its creator has set"

    def test_a_member_of_an_enumeration_is_told_of_by_its_name(self, watcher):
        """aioslsk#494: a transfer that is started before it is said to be starting."""
        hazard = watcher.finds("""
            import asyncio
            import enum

            class State(enum.Enum):
                QUEUED = 1
                STARTING = 2

            class Transfer:
                state = State.QUEUED

                def start(self):
                    self.task = asyncio.create_task(self.upload())
                    self.state = State.STARTING  # late

                async def upload(self):
                    if self.state is not State.STARTING:  # early
                        return

            async def main():
                transfer = Transfer()
                transfer.start()
                await transfer.task

            asyncio.run(main())
        """)

        assert (hazard["seen"], hazard["final"]) == ("State.QUEUED", "State.STARTING")


class TestHowItIsRead:
    @pytest.mark.parametrize(
        "read",
        [
            "for each in things: pass",
            "[each for each in things]",
            "first, *others = things",
            "print(*things)",
            "' '.join(things)",
            "things == ['a', 'b']",
            "sorted(things)",
            "str(things)",
            "len(things)",
            "'b' in things",
            "things[:1]",
            "things.copy()",
            "json.dumps(things)",
            "heappop(things)",
            "things[-1]",
            "list(map(str, things))",
            "list(filter(None, things))",
            "list(zip('ab', things))",
            "[].extend(things)",
            "print(things)",
            "f'{things}'",
            "'{}'.format(things)",
            "'%s' % things",
            "'%s %s' % (1, things)",
            "things + []",
            "things < ['b']",
            "list(each_of(things))",
            "collections.Counter(things)",
            "list(itertools.chain([], things))",
        ],
    )
    def test_a_list(self, watcher, read):
        watcher.finds(f"""
            import asyncio, collections, itertools, json
            from heapq import heappop

            async def child():
                {read}{"" if "each_of" in read else "  # early"}

            def each_of(things):
                yield from things  # early

            things = ["a"]

            async def main():
                task = asyncio.create_task(child())
                things.append("b")  # late
                await task

            asyncio.run(main())
        """)

    @pytest.mark.parametrize(
        "read",
        [
            "dict(**things)",
            "{**things}",
            "repr(things)",
            "things == {}",
            "things.get(1)",
            "list(things.values())",
            "things.copy()",
            "copy.copy(things)",
            "json.dumps(things)",
            "things | {}",
            "{}.update(things)",
        ],
    )
    def test_a_mapping(self, watcher, read):
        watcher.finds(f"""
            import asyncio, copy, json

            async def child():
                {read}  # early

            things = {{}}

            async def main():
                task = asyncio.create_task(child())
                things.update({{1: 2}})  # late
                await asyncio.wait([task])

            asyncio.run(main())
        """)


class TestSetByBoth:
    def test_the_creator_overwrites_what_the_first_step_has_set(self, watcher):
        """hacs/integration#3612"""
        hazard = watcher.finds(
            """
            import asyncio

            class Integration:
                def setup(self):
                    self.task = asyncio.create_task(self.startup())
                    self.stage = "setup"  # late

                async def startup(self):
                    self.stage = "startup"  # early
                    await asyncio.sleep(0)

            async def main():
                Integration().setup()

            asyncio.run(main())
        """,
            "set",
        )

        assert (hazard["seen"], hazard["final"]) == ("'startup'", "'setup'")

    def test_a_count_that_is_reset_after_the_first_step_has_counted(self, watcher):
        watcher.finds(
            """
            import asyncio

            class Pool:
                busy = 0

                async def work(self):
                    self.busy += 1  # early
                    await asyncio.sleep(0)
                    self.busy -= 1

            async def main():
                pool = Pool()
                task = asyncio.create_task(pool.work())
                pool.busy = 0  # late
                await task

            asyncio.run(main())
        """,
            "set",
        )


class TestCancelled:
    def test_before_its_creator_suspends(self, watcher):
        hazard = watcher.finds(
            """
            import asyncio

            async def child():
                print("side effects")
                await asyncio.sleep(0)

            async def main():
                task = asyncio.create_task(child())
                task.cancel()  # late

            asyncio.run(main())
        """,
            "cancelled",
        )

        assert hazard["seen"] == "it had suspended"

    def test_when_it_has_ended(self, watcher):
        hazard = watcher.finds(
            """
            import asyncio

            async def child():
                print("side effects")

            async def main():
                task = asyncio.create_task(child())
                task.cancel()  # late

            asyncio.run(main())
        """,
            "cancelled",
        )

        assert hazard["seen"] == "it had ended"

    @pytest.mark.parametrize("child", ["pass", "await asyncio.sleep(0)"])
    def test_by_its_group(self, watcher, child):
        watcher.finds(
            f"""
            import asyncio
            import eagerly

            async def child():
                {child}

            async def main():
                async with eagerly.TaskGroup() as group:
                    group.create_task(child())
                    group.cancel()  # late

            asyncio.run(main())
        """,
            "cancelled",
        )

    @pytest.mark.parametrize("child", ["pass", "await asyncio.sleep(0)"])
    def test_by_a_group_that_is_left_with_an_error(self, watcher, child):
        watcher.finds(
            f"""
            import asyncio

            async def child():
                {child}

            async def main():
                try:
                    async with asyncio.TaskGroup() as group:  # late
                        group.create_task(child())
                        raise ValueError
                except* ValueError:
                    pass

            asyncio.run(main())
        """,
            "cancelled",
        )


class TestWhoMakesTheTask:
    def test_a_group(self, watcher):
        watcher.finds("""
            import asyncio

            class Server:
                port = None

                async def start(self):
                    async with asyncio.TaskGroup() as group:
                        group.create_task(self.serve())
                        self.port = 8080  # late

                async def serve(self):
                    print(self.port)  # early

            asyncio.run(Server().start())
        """)

    def test_gather(self, watcher):
        watcher.finds("""
            import asyncio

            class Server:
                port = None

                async def start(self):
                    both = asyncio.gather(self.serve(), self.serve())
                    self.port = 8080  # late
                    await both

                async def serve(self):
                    print(self.port)  # early

            asyncio.run(Server().start())
        """)

    def test_a_library(self, watcher, tmp_path):
        library = tmp_path / "a_library.py"
        library.write_text("import asyncio\n\ndef start(coro): return asyncio.create_task(coro)\n")

        hazard = watcher.finds(f"""
            import sys
            sys.path.append({str(tmp_path)!r})
            import a_library

            class Server:
                port = None

                async def start(self):
                    task = a_library.start(self.serve())
                    self.port = 8080  # late
                    await task

                async def serve(self):
                    print(self.port)  # early

            a_library.asyncio.run(Server().start())
        """)

        assert hazard["creation"]["by"]["path"] == str(library)
        assert hazard["creation"]["site"]["line"] == hazard["late"]["line"] - 1

    def test_a_callback(self, watcher):
        watcher.finds("""
            import asyncio

            class Server:
                port = None

                def start(self):
                    self.task = asyncio.get_running_loop().create_task(self.serve())
                    self.port = 8080  # late

                async def serve(self):
                    print(self.port)  # early

            async def main():
                asyncio.get_running_loop().call_soon(Server().start)
                await asyncio.sleep(0)

            asyncio.run(main())
        """)

    def test_a_function_that_handles_an_error(self, watcher):
        watcher.finds("""
            import asyncio

            class Client:
                attempt = 0

                async def reconnect(self):
                    print(self.attempt)  # early

            async def main():
                client = Client()
                try:
                    raise ConnectionError
                except ConnectionError:
                    task = asyncio.create_task(client.reconnect())
                    client.attempt = 1  # late
                await task

            asyncio.run(main())
        """)

    def test_the_creator_of_its_creator(self, watcher):
        hazard = watcher.finds("""
            import asyncio

            async def main():
                async def grandchild():
                    print(name)  # early

                async def child():
                    await asyncio.create_task(grandchild())

                name = "nobody"
                task = asyncio.create_task(child())
                name = "Ada"  # late
                await task

            asyncio.run(main())
        """)

        assert hazard["coroutine"] == "main.grandchild"
        assert hazard["creation"]["coroutine"] == "main.child"

    def test_a_creator_that_waits_in_its_first_step(self, watcher):
        """For its own creator that is all one step."""
        watcher.finds("""
            import asyncio

            class Server:
                port = None

                async def start(self):
                    task = asyncio.create_task(self.serve_all())
                    self.port = 8080  # late
                    await task

                async def serve_all(self):
                    await asyncio.gather(self.serve(), self.serve())

                async def serve(self):
                    print(self.port)  # early

            asyncio.run(Server().start())
        """)

    def test_the_creator_of_the_creator_of_one_that_reads_and_then_sets(self, watcher):
        watcher.finds("""
            import asyncio

            class Server:
                port = None

                async def start(self):
                    task = asyncio.create_task(self.serve_all())
                    self.port = 8080  # late
                    await task

                async def serve_all(self):
                    await asyncio.gather(self.serve())

                async def serve(self):
                    print(self.port)  # early
                    self.port = 9090

            asyncio.run(Server().start())
        """)

    def test_a_first_step_that_makes_a_task(self, watcher):
        watcher.finds("""
            import asyncio

            async def main():
                async def grandchild():
                    print(name)  # early

                async def child():
                    nonlocal name
                    asyncio.create_task(grandchild())
                    name = "Ada"  # late
                    await asyncio.sleep(0)

                name = "nobody"
                await asyncio.create_task(child())

            asyncio.run(main())
        """)


class TestHowItIsSet:
    @pytest.mark.parametrize(
        "change",
        [
            "jobs.insert(0, 'first')",
            "jobs += ['last']",
            "shared['jobs'] += ['last']",
            "holder.jobs += ['last']",
            "outside += ['last']",
            "jobs[:0] = ['first']",
            "heapq.heappush(jobs, 'first')",
            "random.shuffle(jobs)",
            "insort(jobs, 'next')",
        ],
    )
    def test_a_list(self, watcher, change):
        watcher.finds(f"""
            import asyncio, heapq, random
            from bisect import insort
            from types import SimpleNamespace

            async def child(jobs):
                print(jobs[:])  # early

            async def main():
                global outside
                outside = jobs = list("abcdefghijklmnopqrstuvwxyz")
                shared, holder = {{"jobs": jobs}}, SimpleNamespace(jobs=jobs)
                task = asyncio.create_task(child(jobs))
                {change}  # late
                await task

            asyncio.run(main())
        """)

    def test_by_a_task_that_is_asked_to_start_eagerly(self, watcher):
        """That is as if its creator had called the coroutine."""
        watcher.finds("""
            import asyncio

            ready = False

            async def child():
                print(ready)  # early

            async def prepare():
                global ready
                ready = True  # late

            async def main():
                task = asyncio.create_task(child())
                asyncio.Task(prepare(), loop=asyncio.get_running_loop(), eager_start=True)
                await task

            asyncio.run(main())
        """)

    def test_with_others_at_once(self, watcher):
        watcher.finds("""
            import asyncio

            class Server:
                port = None

            async def serve(server):
                print(server.port)  # early

            async def main():
                server = Server()
                task = asyncio.create_task(serve(server))
                (server.port, *rest), other = (1, 2), 3  # late
                await task

            asyncio.run(main())
        """)

    def test_by_a_loop(self, watcher):
        watcher.finds("""
            import asyncio

            class Server:
                port = None

            async def serve(server):
                print(server.port)  # early

            async def main():
                server = Server()
                task = asyncio.create_task(serve(server))
                for server.port in (1, 2):  # late
                    pass
                await task

            asyncio.run(main())
        """)

    def test_by_with(self, watcher):
        watcher.finds("""
            import asyncio

            class Server:
                port = None

            async def serve(server):
                print(server.port)  # early

            async def main():
                server = Server()
                task = asyncio.create_task(serve(server))
                with memoryview(b"") as server.port:  # late
                    pass
                await task

            asyncio.run(main())
        """)

    def test_by_del(self, watcher):
        watcher.finds("""
            import asyncio

            class Server:
                port = None

            async def serve(server):
                print(server.port)  # early

            async def main():
                server = Server()
                task = asyncio.create_task(serve(server))
                server.port = None
                del server.port
                server.port = 2  # late
                await task

            asyncio.run(main())
        """)

    def test_in_a_function_that_the_creator_calls(self, watcher):
        watcher.finds("""
            import asyncio

            class Server:
                port = None

            async def serve(server):
                print(server.port)  # early

            async def main():
                server = Server()
                task = asyncio.create_task(serve(server))
                def open_port():
                    server.port = 8080  # late
                open_port()
                await task

            asyncio.run(main())
        """)

    def test_a_variable_by_walrus(self, watcher):
        watcher.finds("""
            import asyncio

            async def main():
                async def child():
                    return name  # early

                name = "nobody"
                task = asyncio.create_task(child())
                assert (name := "Ada")  # late
                await task

            asyncio.run(main())
        """)

    def test_a_variable_by_a_pattern(self, watcher):
        watcher.finds("""
            import asyncio

            async def main():
                async def child():
                    return name  # early

                name = "nobody"
                task = asyncio.create_task(child())
                match ["Ada"]:
                    case [name]:  # late
                        pass
                await task

            asyncio.run(main())
        """)

    def test_a_variable_by_an_import(self, watcher):
        watcher.finds("""
            import asyncio

            async def main():
                async def child():
                    return name  # early

                name = "nobody"
                task = asyncio.create_task(child())
                import math as name  # late
                await task

            asyncio.run(main())
        """)

    def test_a_variable_by_a_definition(self, watcher):
        watcher.finds("""
            import asyncio

            async def main():
                async def child():
                    return name  # early

                name = "nobody"
                task = asyncio.create_task(child())
                def name(): ...  # late
                await task

            asyncio.run(main())
        """)

    def test_a_variable_that_is_deleted(self, watcher):
        watcher.finds("""
            import asyncio

            async def main():
                async def child():
                    return name  # early

                name = "nobody"
                task = asyncio.create_task(child())
                del name  # late
                await task

            asyncio.run(main())
        """)

    def test_a_variable_by_augmented_assignment(self, watcher):
        watcher.finds("""
            import asyncio

            async def main():
                async def child():
                    return name  # early

                name = "nobody"
                task = asyncio.create_task(child())
                name += " too"  # late
                await task

            asyncio.run(main())
        """)

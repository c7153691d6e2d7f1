"""Programs that rely on no order raise no alarm; and what is not seen."""

from __future__ import annotations

import pytest


class TestNoHazard:
    def test_what_is_set_before_the_task_is_made(self, watcher):
        watcher.finds_nothing("""
            import asyncio

            class Server:
                port = None

                async def start(self):
                    self.port = 8080
                    await asyncio.create_task(self.serve())

                async def serve(self):
                    print(self.port)

            asyncio.run(Server().start())
        """)

    def test_a_task_that_starts_lazily(self, watcher):
        watcher.finds_nothing("""
            import asyncio

            class Server:
                port = None

                async def start(self):
                    import eagerly

                    task = eagerly.create_task(self.serve(), eager_start=False)
                    self.port = 8080
                    task.cancel()

                async def serve(self):
                    print(self.port)

            asyncio.run(Server().start())
        """)

    def test_what_is_set_after_the_creator_suspended(self, watcher):
        watcher.finds_nothing("""
            import asyncio

            class Server:
                port = None

                async def start(self):
                    task = asyncio.create_task(self.serve())
                    await asyncio.sleep(0)
                    self.port = 8080
                    task.cancel()
                    await asyncio.wait([task])

                async def serve(self):
                    print(self.port)

            asyncio.run(Server().start())
        """)

    def test_what_is_read_after_the_first_step(self, watcher):
        watcher.finds_nothing("""
            import asyncio

            class Server:
                port = None

                async def start(self):
                    task = asyncio.create_task(self.serve())
                    self.port = 8080
                    await task

                async def serve(self):
                    await asyncio.sleep(0)
                    print(self.port)

            asyncio.run(Server().start())
        """)

    def test_the_same_value(self, watcher):
        watcher.finds_nothing("""
            import asyncio

            class Server:
                port = None

                async def start(self):
                    self.port = 8080
                    task = asyncio.create_task(self.serve())
                    self.port = 8080
                    await task

                async def serve(self):
                    print(self.port)

            asyncio.run(Server().start())
        """)

    def test_a_value_that_is_set_back(self, watcher):
        watcher.finds_nothing("""
            import asyncio

            class Server:
                port = None

                async def start(self):
                    task = asyncio.create_task(self.serve())
                    self.port = 8080
                    self.port = None
                    await task

                async def serve(self):
                    print(self.port)

            asyncio.run(Server().start())
        """)

    def test_something_else(self, watcher):
        watcher.finds_nothing("""
            import asyncio

            class Server:
                port = None

                async def start(self):
                    task = asyncio.create_task(self.serve())
                    self.name = "Ada"
                    Server().port = 8080
                    await task

                async def serve(self):
                    print(self.port)

            asyncio.run(Server().start())
        """)

    def test_a_task_that_sets_what_it_reads(self, watcher):
        watcher.finds_nothing("""
            import asyncio

            class Server:
                port = None

                async def start(self):
                    task = asyncio.create_task(self.serve())
                    assert self.port == 8080
                    await task

                async def serve(self):
                    self.port = 8080
                    print(self.port)

            asyncio.run(Server().start())
        """)

    def test_what_another_task_sets(self, watcher):
        """Lazily they would start in the same order."""
        watcher.finds_nothing("""
            import asyncio

            class Server:
                port = None

                async def start(self):
                    await asyncio.gather(self.serve(), self.open())

                async def serve(self):
                    print(self.port)

                async def open(self):
                    self.port = 8080

            asyncio.run(Server().start())
        """)

    def test_a_coroutine_that_is_awaited(self, watcher):
        watcher.finds_nothing("""
            import asyncio

            class Server:
                port = None

                async def start(self):
                    await self.serve()
                    self.port = 8080

                async def serve(self):
                    print(self.port)

            asyncio.run(Server().start())
        """)

    def test_counting_by_both(self, watcher):
        """It comes out the same in either order."""
        watcher.finds_nothing("""
            import asyncio

            busy = 0

            async def child():
                global busy
                busy += 1
                await asyncio.sleep(0)
                busy -= 1

            async def main():
                global busy
                task = asyncio.create_task(child())
                busy += 1
                await task

            asyncio.run(main())
        """)

    def test_other_items(self, watcher):
        watcher.finds_nothing("""
            import asyncio

            async def child(table, names):
                table["child"] = names[0] in table

            async def main():
                table, names = {}, ["Ada"]
                task = asyncio.create_task(child(table, names))
                table["Grace"] = 1906
                names.append("Grace")
                await task

            asyncio.run(main())
        """)

    def test_background_tasks_that_leave_their_set_when_they_are_done(self, watcher):
        """As the documentation of asyncio has it."""
        watcher.finds_nothing("""
            import asyncio

            background = set()

            async def child():
                await asyncio.sleep(0)

            async def main():
                task = asyncio.create_task(child())
                background.add(task)
                task.add_done_callback(background.discard)
                await task

            asyncio.run(main())
        """)

    def test_a_task_that_waits_for_an_event(self, watcher):
        watcher.finds_nothing("""
            import asyncio

            async def work(ready, queue):
                await ready.wait()
                print(await queue.get())

            async def main():
                ready, queue = asyncio.Event(), asyncio.Queue()
                task = asyncio.create_task(work(ready, queue))
                ready.set()
                queue.put_nowait(1)
                await task

            asyncio.run(main())
        """)

    def test_cancelling_a_task_after_suspending(self, watcher):
        watcher.finds_nothing("""
            import asyncio

            async def child():
                await asyncio.sleep(10)

            async def main():
                task = asyncio.create_task(child())
                await asyncio.sleep(0)
                task.cancel()

            asyncio.run(main())
        """)

    def test_a_timeout(self, watcher):
        watcher.finds_nothing("""
            import asyncio

            async def main():
                try:
                    async with asyncio.timeout(0):
                        await asyncio.create_task(asyncio.sleep(10))
                except TimeoutError:
                    pass

            asyncio.run(main())
        """)

    def test_variables_of_its_own(self, watcher):
        watcher.finds_nothing("""
            import asyncio

            async def child(name):
                print(name)
                name = name.upper()
                return [letter for letter in name]

            async def main():
                tasks = []
                for name in ("Ada", "Grace"):
                    tasks.append(asyncio.create_task(child(name)))
                for task in tasks:
                    print(await task)

            asyncio.run(main())
        """)

    def test_counting_by_both_in_what_a_library_keeps(self, watcher):
        watcher.finds_nothing("""
            import asyncio
            from array import array

            async def child(counters):
                counters[0] += 1

            async def main():
                counters = array("i", [0])
                task = asyncio.create_task(child(counters))
                counters[0] += 1
                await task

            asyncio.run(main())
        """)

    @pytest.mark.parametrize(
        ("ask", "maxsize"),
        [
            ("queue.empty()", 0),
            ("queue.get_nowait()", 0),
            ("queue.full()", 9),
            ("queue.put_nowait(9)", 9),
        ],
    )
    def test_a_queue_that_gets_longer_but_answers_the_same(self, watcher, ask, maxsize):
        watcher.finds_nothing(f"""
            import asyncio

            async def child(queue):
                {ask}

            async def main():
                queue = asyncio.Queue({maxsize})
                queue.put_nowait(1)
                task = asyncio.create_task(child(queue))
                queue.put_nowait(2)
                await task

            asyncio.run(main())
        """)

    @pytest.mark.parametrize(
        "read", ["names[-1]", "len(names)", "for name in names: pass", "names.pop()"]
    )
    def test_what_it_reads_of_its_own_on_a_stack_that_both_use(self, watcher, read):
        """As Textual's compose() has it."""
        watcher.finds_nothing(f"""
            import asyncio

            names = []

            def compose(name):
                names.append(name)
                {read}
                names[-1:] = []

            async def child():
                compose("child")

            async def main():
                task = asyncio.create_task(child())
                compose("main")
                await task

            asyncio.run(main())
        """)

    def test_both_put_something_on_a_heap(self, watcher):
        watcher.finds_nothing("""
            import asyncio
            import heapq

            async def child(heap):
                heapq.heappush(heap, 2)

            async def main():
                heap = []
                task = asyncio.create_task(child(heap))
                heapq.heappush(heap, 1)
                await task

            asyncio.run(main())
        """)

    def test_a_child_that_cancels_its_group_and_itself(self, watcher):
        watcher.finds_nothing("""
            import asyncio
            import eagerly

            async def child(group):
                group.cancel()
                await asyncio.sleep(10)

            async def main():
                async with eagerly.TaskGroup() as group:
                    group.create_task(child(group))

            asyncio.run(main())
        """)

    @pytest.mark.parametrize(
        "make",
        [
            "asyncio.create_task(child(), eager_start=True)",
            "asyncio.get_running_loop().create_task(child(), eager_start=True)",
            "asyncio.Task(child(), loop=asyncio.get_running_loop(), eager_start=True)",
            "asyncio.eager_task_factory(asyncio.get_running_loop(), child())",
        ],
    )
    def test_a_task_that_is_asked_to_start_eagerly(self, watcher, make):
        """As aiohttp does, and LangGraph: it starts so on asyncio as well."""
        watcher.finds_nothing(f"""
            import asyncio

            started = False

            async def child():
                print(started)
                await asyncio.sleep(0)

            async def main():
                global started
                task = {make}
                started = True
                task.cancel()
                await asyncio.wait([task])

            asyncio.run(main())
        """)


class TestTheCreatorWouldWait:
    """A creator that awaits what a first step has finished does not suspend; lazily it would."""

    @pytest.mark.parametrize(
        "wait",
        [
            "await asyncio.create_task(server.serve())",
            "await asyncio.gather(server.serve(), server.serve())",
            "await asyncio.gather(asyncio.create_task(server.serve()))",
            "await asyncio.shield(server.serve())",
            "await asyncio.wait_for(asyncio.create_task(server.serve()), 1)",
            "await asyncio.wait([asyncio.create_task(server.serve())])",
            "await asyncio.ensure_future(asyncio.gather(server.serve()))",
            "async with asyncio.TaskGroup() as group: group.create_task(server.serve())",
            "for each in asyncio.as_completed([server.serve()]): await each",
        ],
    )
    def test_for_tasks(self, watcher, wait):
        watcher.finds_nothing(f"""
            import asyncio

            class Server:
                port = None

                async def serve(self):
                    print(self.port)

            async def main():
                server = Server()
                {wait}
                server.port = 8080

            asyncio.run(main())
        """)

    @pytest.mark.parametrize(
        "wait",
        [
            "await asyncio.create_task(server.serve())",
            "await asyncio.gather(server.serve())",
            "async with asyncio.TaskGroup() as group: group.create_task(server.serve())",
        ],
    )
    def test_for_tasks_that_fail(self, watcher, wait):
        watcher.finds_nothing(f"""
            import asyncio

            class Server:
                port = None

                async def serve(self):
                    raise ValueError(self.port)

            async def main():
                server = Server()
                try:
                    {wait}
                except* ValueError:
                    server.port = 8080

            asyncio.run(main())
        """)

    def test_with_every_round(self, watcher):
        watcher.finds_nothing("""
            import asyncio

            class Server:
                port = None

                async def serve(self):
                    print(self.port)

            async def main():
                server = Server()
                for server.port in range(3):
                    await asyncio.gather(server.serve(), server.serve())

            asyncio.run(main())
        """)

    def test_before_it_cancels_another_task(self, watcher):
        """Which lazily has started meanwhile."""
        watcher.finds_nothing("""
            import asyncio

            async def nothing(): pass

            async def main():
                other = asyncio.create_task(asyncio.sleep(10))
                await asyncio.create_task(nothing())
                other.cancel()

            asyncio.run(main())
        """)

    @pytest.mark.parametrize(
        ("thing", "end", "wait"),
        [
            ("asyncio.Event()", "thing.set()", "await thing.wait()"),
            ("asyncio.Event()", "thing.set()", "await asyncio.wait_for(thing.wait(), 1)"),
            ("asyncio.Queue()", "thing.put_nowait(1)", "await thing.get()"),
            ("asyncio.Queue()", "await thing.put(1)", "await thing.get()"),
            ("full_queue()", "await thing.get()", "await thing.put(2)"),
            ("full_queue()", "thing.get_nowait(); thing.task_done()", "await thing.join()"),
            ("asyncio.Future()", "thing.set_result(1)", "await thing"),
            ("asyncio.Future()", "thing.set_result(1)", "await asyncio.shield(thing)"),
            ("asyncio.Semaphore(0)", "thing.release()", "await thing.acquire()"),
            ("asyncio.Semaphore(0)", "thing.release()", "async with thing: pass"),
            ("asyncio.Barrier(2)", "await thing.wait()", "await thing.wait()"),
        ],
    )
    def test_for_something_of_asyncio(self, watcher, thing, end, wait):
        watcher.finds_nothing(f"""
            import asyncio

            def full_queue():
                queue = asyncio.Queue(1)
                queue.put_nowait(1)
                return queue

            class Server:
                port = None

                async def serve(self, thing):
                    print(self.port)
                    {end}

            async def main():
                server, thing = Server(), {thing}
                task = asyncio.create_task(server.serve(thing))
                {wait}
                server.port = 8080
                await task

            asyncio.run(main())
        """)

    def test_for_a_condition(self, watcher):
        watcher.finds_nothing("""
            import asyncio

            class Server:
                port = None
                up = False

                async def serve(self, changed):
                    async with changed:
                        print(self.port)
                        self.up = True
                        changed.notify()

            async def main():
                server, changed = Server(), asyncio.Condition()
                task = asyncio.create_task(server.serve(changed))
                async with changed:
                    await changed.wait_for(lambda: server.up)
                    server.port = 8080
                await task

            asyncio.run(main())
        """)

    @pytest.mark.parametrize(
        "wait", ["await queue.put(1)", "await event.wait()", "async with lock: pass"]
    )
    def test_but_not_for_what_is_free_already(self, watcher, wait):
        """There a creator of lazy tasks does not suspend either."""
        watcher.finds(f"""
            import asyncio

            class Server:
                port = None

                async def serve(self, queue, event, lock):
                    print(self.port)  # early
                    event.set()
                    async with lock:
                        pass
                    await queue.get()

            async def main():
                server = Server()
                queue, event, lock = asyncio.Queue(), asyncio.Event(), asyncio.Lock()
                event.set()
                task = asyncio.create_task(server.serve(queue, event, lock))
                {wait}
                server.port = 8080  # late
                queue.put_nowait(1)
                await task

            asyncio.run(main())
        """)


def test_what_was_looked_at_is_let_go_of_when_the_step_ends(watcher):
    """Also what an error has left behind in the middle of an expression."""
    found = watcher.run("""
        import asyncio
        import weakref

        class Table(dict): pass

        references = []

        async def child():
            table = Table()
            references.append(weakref.ref(table))
            try:
                table[table[1 / 0]]
            except (KeyError, ZeroDivisionError):
                pass

        async def main():
            task = asyncio.create_task(child())
            await asyncio.sleep(0)
            print(references[0](), task.done())

        asyncio.run(main())
    """)

    assert found["printed"] == "None True\n"


class TestNotSeen:
    def test_callbacks_one_after_the_other(self, watcher):
        """Lazily the task would start after both, but its creator is the first alone."""
        watcher.finds_nothing("""
            import asyncio

            class Server:
                port = None

                def start(self):
                    self.task = asyncio.get_running_loop().create_task(self.serve())

                def open(self):
                    self.port = 8080

                async def serve(self):
                    print(self.port)

            async def main():
                server = Server()
                asyncio.get_running_loop().call_soon(server.start)
                asyncio.get_running_loop().call_soon(server.open)
                await asyncio.sleep(0)

            asyncio.run(main())
        """)

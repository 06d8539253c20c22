"""All results of a run, to be looked up."""


class Results:
    def __init__(self, results):
        self.all = results

    def where(self, **conditions):
        """Those whose cells are such, in the order in which they were measured."""
        return [r for r in self.all
                if all(getattr(r.cell, name) == value for name, value in conditions.items())]

    def get(self, client, **conditions):
        """The client's result if it has any figures."""
        found = [r for r in self.where(**conditions) if r.client.name == client and r.rounds]
        return found[0] if found else None

    def peers(self, **conditions):
        return [r for r in self.where(**conditions) if r.client.peer and r.rounds]

    def clients(self):
        """Each that has run, once."""
        return list({r.client.name: r.client for r in self.all}.values())

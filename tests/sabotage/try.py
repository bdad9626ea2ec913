from pathlib import Path
import tempfile, time
from tests.sabotage.models import texts, SWITCHES
from tests.sabotage.compare import Comparison
from tests.sabotage.compare import *
t=time.time()
m=texts(Path(tempfile.mkdtemp()))
for n,p in m.items():
    try:
        t=time.time()
        c=Comparison({n:p},SWITCHES); d=c.difference()
        s=system_of(n,p.read_text()); o=explore(s,Options()); 
        print(n,"|",d,"|",_violated(o) if 0 else {v.property:(len(v.schedule.moves) if v.schedule else None,v.switches) for v in o.violations},c.told[n].states,c.told[n].classes,round(time.time()-t,2))
    except Exception as e:
        print(n,"EXC",type(e).__name__,str(e)[:300])

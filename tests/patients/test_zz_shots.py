import os
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]="1"
import pytest, threading, time
from datetime import date, datetime, timezone
from django.db import connection
from playwright.sync_api import sync_playwright
from tests.factories.patients import PatientFactory, ConsentFactory
from tests.conftest import PASSWORD
from apps.patients.models import Patient, Symptom
from apps.patients.services import status, consents, registration
import importlib
def seed():
    m=importlib.import_module("apps.patients.migrations.0002_symptoms_and_insurers")
    if not Symptom.objects.exists():
        Symptom.objects.bulk_create(Symptom(code=a,name_de=b,name_en=c) for a,b,c in m.SYMPTOMS)
@pytest.mark.django_db(transaction=True)
def test_race(transactional_db):
    from django.db import connections
    p=PatientFactory(consents=["health_data","pseudonymous"])
    at=datetime.now(timezone.utc)
    out=[]
    def run(f):
        try: f(); out.append("ok")
        except Exception as e: out.append(type(e).__name__)
        finally: connections.close_all()
    for f in (lambda: consents.give(patient=p,purpose="email",on=date(2026,11,1),proof="x",at=at), lambda: status.begin_search(patient=Patient.objects.get(pk=p.pk),actor=None,at=at,today=date(2026,11,22)), lambda: registration.update(patient=p,changes={"city":threading.current_thread().name},actor=None,at=at,seen_at=seen)):
        seen=Patient.objects.get(pk=p.pk).updated_at
        ts=[threading.Thread(target=run,args=(f,)) for _ in range(4)]
        [t.start() for t in ts];[t.join() for t in ts]
        print(sorted(out)); out.clear()
@pytest.mark.django_db(transaction=True)
def test_perf(transactional_db):
    seed()
    from django.test import Client
    from apps.accounts.services import create_staff
    from apps.accounts.enums import Role
    u=create_staff(username="co",email="co@example.org",password=PASSWORD,roles=[Role.COORDINATOR])
    c=Client(); c.force_login(u, backend="apps.accounts.permissions.RoleBackend")
    PatientFactory.create_batch(2000)
    for url in ("/patients/","/patients/","/patients/?prerequisites=complete","/patients/?q=ahorn","/patients/?sort=place&page=30","/patients/export.csv",f"/patients/{Patient.objects.first().pk}/", "/patients/new/"):
        t=time.time(); r=c.get(url); print(url, r.status_code, round((time.time()-t)*1000),"ms")
@pytest.mark.django_db(transaction=True)
def test_shots(live_server, transactional_db):
    from apps.accounts.services import create_staff
    from apps.accounts.enums import Role
    seed()
    u=create_staff(username="co",email="co@example.org",password=PASSWORD,roles=[Role.COORDINATOR],first_name="Co")
    from django.test import Client
    c=Client(); c.force_login(u, backend="apps.accounts.permissions.RoleBackend")
    sid=c.cookies["sessionid"].value
    s=PatientFactory(searching=True,first_name="Mara",last_name="Klein")
    w=PatientFactory(first_name="Jana",last_name="Warn",consents=["health_data"],symptoms=[])
    t=PatientFactory(status="in_therapy",started_on=date(2026,3,1),place_confirmed_on=date(2026,5,1),first_name="Tom",last_name="Tanne")
    status.complete_therapy(patient=t,actor=u,at=datetime.now(timezone.utc),reason="regulär beendet")
    with sync_playwright() as p:
        b=p.chromium.launch(executable_path="/usr/bin/chromium",args=["--no-sandbox"])
        for width,theme in ((1440,"light"),(390,"dark")):
            ctx=b.new_context(viewport={"width":width,"height":900},color_scheme=theme,locale="de-DE")
            ctx.add_cookies([{"name":"sessionid","value":sid,"url":live_server.url}])
            page=ctx.new_page()
            msgs=[]
            page.on("console",lambda m:msgs.append(m.text))
            shots={"list":"/patients/","search":f"/patients/{s.pk}/","clin":f"/patients/{s.pk}/clinical/","cons":f"/patients/{w.pk}/consents/","hist":f"/patients/{t.pk}/history/","edit":f"/patients/{s.pk}/edit/","avail":f"/patients/{s.pk}/availability/","th":f"/patients/{t.pk}/therapy/reopen/","done":f"/patients/{t.pk}/"}
            for n,u2 in shots.items():
                page.goto(live_server.url+u2); page.screenshot(path=f"/tmp/pw/{n}-{width}.png",full_page=True)
                over=page.evaluate("document.documentElement.scrollWidth-document.documentElement.clientWidth")
                if over>0: print("overflow",n,width,over)
            page.goto(live_server.url+"/patients/new/")
            page.fill("#id_first_name","Mara"); page.fill("#id_last_name","Klein"); page.fill("#id_plz","123"); page.fill("#id_day_0","früh")
            page.click(".form-buttons button[type=submit]")
            page.screenshot(path=f"/tmp/pw/err-{width}.png",full_page=True)
            print(width,msgs)
            try:
                from axe_playwright_python.sync_playwright import Axe
                for u2 in ("/patients/",f"/patients/{w.pk}/",f"/patients/{s.pk}/edit/",f"/patients/{s.pk}/wishes/",f"/patients/{w.pk}/consents/"):
                    page.goto(live_server.url+u2)
                    r=Axe().run(page)
                    print(u2,[ (v["id"],len(v["nodes"]),v["nodes"][0]["html"][:120]) for v in r.response["violations"]])
            except Exception as e: print("axe",type(e),str(e)[:200])
        b.close()

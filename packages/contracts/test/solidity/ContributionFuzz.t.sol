// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {
    Contribution,
    ContributionStatus,
    IServiceNodeContribution,
    Reservation
} from "../../contracts/interfaces/IServiceNodeContribution.sol";
import {Contributor} from "../../contracts/interfaces/IServiceNodeRegistry.sol";
import {ContributionTest} from "./support/ContributionTest.sol";
import {HostileToken} from "./support/HostileToken.sol";
import {vm} from "./support/Vm.sol";

/// @dev P-46 to P-48 over random histories: sums are exact, and nobody gains or loses.
contract ContributionFuzzTest is ContributionTest {
    uint256 private constant PEOPLE = 14; // more than there are places
    uint256 private constant STEPS = 40;

    address[PEOPLE] private people;
    uint256 private random;
    uint256 private fullAt;

    function setUp() public override {
        super.setUp();
        people[0] = OPERATOR;
        for (uint256 i = 1; i < PEOPLE; ++i) {
            people[i] = _someone(i);
        }
    }

    function testFuzz_P48_whatever_happens_everyone_has_all_they_brought(uint256 seed) public {
        random = seed;
        bool manual = _draw(2) == 0;
        _openAtRandom(manual);
        for (uint256 step = 0; step < STEPS && pot.status() != ContributionStatus.Finalized; ++step) {
            _step(manual);
            _check();
        }
        if (pot.status() == ContributionStatus.Finalized) return _checkNode(STAKE);
        if (pot.status() != ContributionStatus.Setup) {
            _everyoneCanLeave();
            vm.prank(OPERATOR);
            pot.reset();
        }
        for (uint256 i = 0; i < PEOPLE; ++i) {
            if (pot.refundable(people[i]) != 0) pot.refund(people[i]);
            assertEq(token.balanceOf(people[i]), 10 * STAKE);
        }
        assertEq(token.balanceOf(address(pot)), 0);
    }

    function testFuzz_P46_bounded_contributions_complete_every_round(uint256 seed, uint256 requirement) public {
        // Whatever is paid within the bounds, nine others complete the stake, and sum to it exactly: of any
        // requirement, the smallest too, where a part of it is a unit.
        random = seed;
        requirement = bound(requirement, 1, _draw(2) == 0 ? 50 : STAKE);
        vm.mockCall(address(rewards), abi.encodeCall(rewards.stakingRequirement, ()), abi.encode(requirement));
        uint256 quarter = (requirement + 3) / 4;
        uint256 least = (requirement + 19) / 20;
        _open(uint96(_amountWithin(quarter, requirement, least)), false);
        for (uint256 i = 1; pot.status() == ContributionStatus.Open; ++i) {
            assertTrue(i <= 9, "ten are enough");
            (uint256 minimum, uint256 maximum, uint256 leastLeft) = pot.contributionBounds(people[i]);
            assertTrue(minimum != 0 && minimum <= maximum, "someone may always pay");
            assertEq(leastLeft, least);
            _contribute(people[i], uint96(_amountWithin(minimum, maximum, leastLeft)));
        }
        vm.clearMockedCalls();
        _checkNode(requirement);
    }

    function testFuzz_P46_exactly_the_amounts_of_the_rule_are_taken(uint256 seed) public {
        // The rule once more, from contributions and reservations alone, against what the contract takes.
        random = seed;
        _openAtRandom(true);
        for (uint256 step = 0; step < STEPS && pot.status() == ContributionStatus.Open; ++step) {
            address who = people[_draw(PEOPLE)];
            (, uint256 maximum,) = pot.contributionBounds(who);
            uint256 amount = _draw(3) == 0 ? _draw(WHOLE) : maximum + 1 - Math.min(maximum + 1, _draw(2 * LEAST));
            bool expected = _isTaken(who, amount);
            bytes memory call = abi.encodeCall(pot.contribute, (pot.round(), uint96(amount), who));
            vm.prank(who);
            (bool taken,) = address(pot).call(call);
            assertTrue(taken == expected, "as the rule says");
            _check();
        }
    }

    function testFuzz_P47_finalize_always_has_its_hour(uint256 seed) public {
        // Others come and go as they may; the operator ends it when it likes, within any hour after the round is full.
        random = seed;
        _openAtRandom(true);
        for (uint256 step = 0; step < STEPS; ++step) {
            if (pot.status() == ContributionStatus.Open) {
                _contributeAtRandom(people[_draw(PEOPLE)]);
                if (pot.status() == ContributionStatus.Full) fullAt = vm.getBlockTimestamp();
                continue;
            }
            vm.warp(fullAt + _draw(1 hours));
            for (uint256 i = 0; i < PEOPLE; ++i) assertTrue(!_withdraws(people[i]), "not in this hour");
            if (_draw(3) == 0) {
                vm.prank(OPERATOR);
                pot.finalize();
                return _checkNode(STAKE);
            }
            vm.warp(fullAt + 1 hours + _draw(2 days));
            _withdraws(people[_draw(PEOPLE)]);
        }
    }

    function _step(bool manual) private {
        uint256 what = _draw(10);
        address who = people[_draw(PEOPLE)];
        if (pot.status() == ContributionStatus.Setup) return _openAtRandom(manual);
        if (what == 0) {
            if (_draw(4) != 0) return;
            vm.prank(OPERATOR);
            pot.reset();
        } else if (what == 1) {
            if (pot.refundable(who) != 0) pot.refund(who);
        } else if (what < 4) {
            vm.warp(block.timestamp + _draw(2 days));
            if (_withdraws(who) && pot.refundable(who) == 0) assertEq(token.balanceOf(who), 10 * STAKE);
        } else if (what == 4 && pot.status() == ContributionStatus.Full) {
            vm.prank(OPERATOR);
            pot.finalize();
        } else {
            _contributeAtRandom(who);
        }
    }

    function _openAtRandom(bool manual) private {
        Reservation[] memory reserved = new Reservation[](_draw(4));
        uint96 sum = 0;
        for (uint256 i = 0; i < reserved.length; ++i) {
            reserved[i] = Reservation(people[1 + i], uint96(LEAST + _draw(WHOLE / 4 - LEAST)));
            sum += reserved[i].amount;
        }
        uint256 most = sum + QUARTER > WHOLE ? 0 : WHOLE - sum;
        if (most == 0) reserved = new Reservation[](0);
        _open(most == 0 ? QUARTER : uint96(_amountWithin(QUARTER, most, LEAST)), reserved, manual);
    }

    /// @dev Contributes within the bounds; one below and one above is refused.
    function _contributeAtRandom(address who) private {
        (uint256 minimum, uint256 maximum, uint256 leastLeft) = pot.contributionBounds(who);
        if (maximum == 0) return;
        _refusedContribution(who, uint96(minimum - 1), _outOfRange(minimum - 1, minimum, maximum));
        _refusedContribution(who, uint96(maximum + 1), _outOfRange(maximum + 1, minimum, maximum));
        _contribute(who, uint96(_amountWithin(minimum, maximum, leastLeft)));
    }

    /// @dev An amount that is not refused, often one at an end of what is taken.
    function _amountWithin(uint256 minimum, uint256 maximum, uint256 leastLeft) private returns (uint256) {
        uint256 how = _draw(6);
        if (how == 0 || maximum < minimum + leastLeft) return maximum;
        if (how == 1) return minimum;
        if (how == 2) return maximum - leastLeft;
        return minimum + _draw(maximum - leastLeft - minimum + 1);
    }

    /// @dev P-46.
    function _isTaken(address who, uint256 amount) private view returns (bool) {
        Contribution[] memory contributions = pot.contributions();
        Reservation[] memory reserved = pot.reservations();
        (uint256 open, uint256 own, bool isIn) = (WHOLE - pot.total(), 0, false);
        for (uint256 i = 0; i < contributions.length; ++i) {
            isIn = isIn || contributions[i].addr == who;
        }
        for (uint256 i = 0; i < reserved.length; ++i) {
            open -= reserved[i].amount;
            if (reserved[i].addr == who) own = reserved[i].amount;
        }
        uint256 places = 10 - contributions.length - reserved.length;
        if (amount == 0 || amount < own || amount > own + open) return false;
        uint256 left = own + open - amount;
        if (left != 0 && left < LEAST) return false;
        return isIn || own != 0 || (places != 0 && amount * places >= open && amount >= LEAST);
    }

    function _withdraws(address who) private returns (bool success) {
        vm.prank(who);
        (success,) = address(pot).call(abi.encodeCall(pot.withdraw, ()));
    }

    /// @dev P-47: everyone but the operator has everything back at the time that it was told.
    function _everyoneCanLeave() private {
        Contribution[] memory contributions = pot.contributions();
        for (uint256 i = 1; i < contributions.length; ++i) {
            address who = contributions[i].addr;
            uint256 time = pot.withdrawableAt(who);
            if (time > vm.getBlockTimestamp()) {
                vm.warp(time - 1);
                assertTrue(!_withdraws(who), "not before");
                vm.warp(time);
            }
            assertTrue(_withdraws(who), "from then on");
        }
        assertEq(pot.contributions().length, 1);
    }

    function _check() private view {
        Contribution[] memory contributions = pot.contributions();
        Reservation[] memory reserved = pot.reservations();
        assertTrue(contributions.length + reserved.length <= 10, "at most ten");
        uint256 sum = 0;
        for (uint256 i = 0; i < contributions.length; ++i) {
            assertTrue(contributions[i].amount >= LEAST, "a real part");
            sum += contributions[i].amount;
        }
        assertEq(sum, pot.total());
        uint256 owed = pot.status() == ContributionStatus.Finalized ? 0 : sum;
        for (uint256 i = 0; i < PEOPLE; ++i) {
            owed += pot.refundable(people[i]);
        }
        assertEq(token.balanceOf(address(pot)), owed);
        for (uint256 i = 0; i < reserved.length; ++i) {
            assertTrue(reserved[i].amount >= LEAST, "a reservation for a real part");
            sum += reserved[i].amount;
        }
        assertTrue(sum <= WHOLE, "never more than the requirement");
        assertTrue(sum == WHOLE || sum + LEAST <= WHOLE, "what is open is a real part");
        if (contributions.length != 0) {
            assertEq(contributions[0].addr, OPERATOR);
            assertTrue(contributions[0].amount >= QUARTER, "a quarter at least");
        }
    }

    /// @dev Everyone's tokens are in the node, in a refund or in the hand.
    function _checkNode(uint256 requirement) private {
        Contributor[] memory contributors = rewards.node(pot.nodeId()).contributors;
        assertEq(contributors[0].addr, OPERATOR);
        uint256 sum = 0;
        for (uint256 i = 0; i < PEOPLE; ++i) {
            if (pot.refundable(people[i]) != 0) pot.refund(people[i]);
            uint256 staked = 0;
            for (uint256 j = 0; j < contributors.length; ++j) {
                if (contributors[j].addr != people[i]) continue;
                staked += contributors[j].stake;
                assertTrue(staked * 10_000 >= 500 * requirement, "a part to leave by");
            }
            assertEq(token.balanceOf(people[i]) + staked, 10 * STAKE);
            sum += staked;
        }
        assertEq(sum, requirement);
        assertEq(token.balanceOf(address(pot)), 0);
    }

    /// @dev The next random number below `limit`.
    function _draw(uint256 limit) private returns (uint256) {
        random = uint256(keccak256(abi.encode(random)));
        return random % limit;
    }
}

/// @dev P-47, P-48 with a token that lies or calls back, in the place of the real one.
contract ContributionHostileTokenTest is ContributionTest {
    HostileToken private hostile;

    function setUp() public override {
        super.setUp();
        vm.etch(address(token), address(new HostileToken()).code);
        hostile = HostileToken(address(token));
        _fund(address(hostile));
    }

    function test_P48_a_token_with_a_fee_is_refused() public {
        hostile.setFee(100);
        _refused(
            OPERATOR,
            abi.encodeCall(pot.open, (QUARTER, OPERATOR, new Reservation[](0), true)),
            abi.encodeWithSelector(
                IServiceNodeContribution.TransferMismatch.selector, QUARTER - QUARTER / 100, QUARTER
            )
        );
    }

    function test_P47_a_call_back_while_paying_in_changes_nothing() public {
        _open(QUARTER, true);
        // The token itself contributes, so that a call back from it is a contributor's.
        hostile.forward(address(pot), abi.encodeCall(pot.contribute, (1, QUARTER, address(hostile))));
        vm.warp(block.timestamp + 2 days);
        bytes[3] memory calls = [
            abi.encodeCall(pot.withdraw, ()),
            abi.encodeCall(pot.contribute, (1, 1, address(hostile))),
            abi.encodeCall(pot.refund, (address(hostile)))
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            hostile.setCallback(address(pot), calls[i]);
            uint96 amount = i == 0 ? QUARTER : 1;
            uint256 total = pot.total();
            _contribute(ALICE, amount);
            _expectReentrancyRefused();
            assertEq(pot.total(), total + amount);
            assertEq(token.balanceOf(address(pot)), pot.total());
        }
    }

    function test_P47_a_withdrawal_or_refund_that_calls_back_pays_once() public {
        _open(QUARTER, true);
        hostile.forward(address(pot), abi.encodeCall(pot.contribute, (1, QUARTER, address(hostile))));
        vm.warp(block.timestamp + 2 days);
        bytes memory withdraw = abi.encodeCall(pot.withdraw, ());
        hostile.setCallback(address(pot), withdraw);
        hostile.forward(address(pot), withdraw);
        assertEq(token.balanceOf(address(hostile)), 10 * STAKE);
        _expectReentrancyRefused();

        vm.prank(OPERATOR);
        pot.reset();
        hostile.setCallback(address(pot), abi.encodeCall(pot.refund, (OPERATOR)));
        pot.refund(OPERATOR);
        assertEq(token.balanceOf(OPERATOR), 10 * STAKE);
        assertEq(token.balanceOf(address(pot)), 0);
        _expectReentrancyRefused();
    }

    function test_P48_a_call_back_while_registering_changes_nothing() public {
        _open(QUARTER, false);
        _contribute(ALICE, QUARTER);
        hostile.setCallback(address(pot), abi.encodeCall(pot.refund, (ALICE)));
        _contribute(BOB, WHOLE - 2 * QUARTER);
        _expectReentrancyRefused();
        assertEq(rewards.node(pot.nodeId()).contributors.length, 3);
        assertEq(token.balanceOf(address(pot)), 0);
    }

    function test_P48_a_hostile_foreign_token_reaches_no_stake() public {
        HostileToken foreign = new HostileToken();
        _open(QUARTER, true);
        vm.prank(OPERATOR);
        pot.reset();
        _open(QUARTER, true);
        foreign.mint(address(pot), 10);
        foreign.setCallback(address(pot), abi.encodeCall(pot.refund, (OPERATOR)));
        vm.prank(OPERATOR);
        assertEq(pot.rescue(foreign), 10);
        assertEq(foreign.answer(), abi.encodeWithSelector(bytes4(keccak256("ReentrancyGuardReentrantCall()"))));
        assertEq(pot.refundable(OPERATOR), QUARTER);
        assertEq(token.balanceOf(address(pot)), 2 * QUARTER);
    }

    function _expectReentrancyRefused() private view {
        assertEq(hostile.answer(), abi.encodeWithSelector(bytes4(keccak256("ReentrancyGuardReentrantCall()"))));
    }
}
